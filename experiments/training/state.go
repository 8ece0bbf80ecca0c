package training

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/experiments/matrix"
	"r2unet/internal/checkpoint"
)

// Position is how far a run has come. The rest of the run depends on it and the network's tensors alone: samples are
// functions of (seed, epoch, index), so there is no random state to keep.
type Position struct {
	Epoch   int     `json:"epoch"`   // finished epochs, including their validation
	Step    int     `json:"step"`    // finished steps of the epoch in progress
	Updates int     `json:"updates"` // updates of the weights since the first epoch
	Sums    Sums    `json:"sums"`    // over the steps of the epoch in progress
	History History `json:"history"` // one entry for each finished epoch
	Best    Best    `json:"best"`
}

// Loss returns the mean training loss of the epoch in progress or, before its first step, of the epoch before; 0 before
// any step.
func (p Position) Loss() float64 {
	switch {
	case p.Sums.Samples > 0:
		return p.Sums.mean().Loss
	case len(p.History) > 0:
		return p.History[len(p.History)-1].Train.Loss
	}
	return 0
}

// Done reports whether training under the settings ends at the position.
func (p Position) Done(s matrix.Training) bool { return p.Epoch >= s.Epochs || p.OutOfPatience(s) }

// OutOfPatience reports whether training under the settings ends because no epoch was better for too long.
func (p Position) OutOfPatience(s matrix.Training) bool {
	return s.Patience > 0 && p.Epoch-p.Best.Epoch >= s.Patience
}

// Sums accumulates the metrics of steps, weighted by their numbers of samples.
type Sums struct {
	Samples  int     `json:"samples"`
	Loss     float64 `json:"loss"`
	MSE      float64 `json:"mse"`
	Accuracy float64 `json:"accuracy"`
}

// add adds a step of n samples.
func (s *Sums) add(m Metrics, n int) {
	s.Samples += n
	s.Loss += m.Loss * float64(n)
	s.MSE += m.MSE * float64(n)
	s.Accuracy += m.Accuracy * float64(n)
}

// mean returns the mean over all samples; NaN if there are none.
func (s Sums) mean() Metrics {
	n := float64(s.Samples)
	if s.Samples == 0 {
		n = math.NaN()
	}
	return Metrics{Loss: s.Loss / n, MSE: s.MSE / n, Accuracy: s.Accuracy / n}
}

// Chosen is what images have chosen for a trained network.
type Chosen struct {
	Cut         float64 // threshold; 0 = none
	Temperature float64 // that divides logits; 0 = none
}

// Snapshot is the state of a run at one moment, in its own memory.
type Snapshot struct {
	Position Position
	Tensors  []checkpoint.Tensor // weights, running statistics and the optimizer's state
	Best     []checkpoint.Tensor // weights and running statistics of Position.Best, if the settings select them
	Kernels  string              // that computed it; "" if the checkpoint does not say
	Chosen   Chosen
	Finished bool // Tensors are the tested ones, without the optimizer's state: nothing is left to train
}

// sound returns an error for a state that is not finite, so that it never gets into a checkpoint.
func (s Snapshot) sound() error {
	for _, t := range slices.Concat(s.Tensors, s.Best) {
		if !allFinite(t.Data) {
			return fmt.Errorf("%s is not finite after update %d (epoch %d, step %d): %w",
				t.Name, s.Position.Updates, s.Position.Epoch+1, s.Position.Step, ErrDiverged)
		}
	}
	return nil
}

// allFinite reports whether no value is a NaN or an infinity: for these alone v−v is not zero. It checks eight at a
// time, because stopping waits for it.
func allFinite(values []float32) bool {
	for ; len(values) >= 8; values = values[8:] {
		v := (*[8]float32)(values)
		if (v[0]-v[0])+(v[1]-v[1])+(v[2]-v[2])+(v[3]-v[3])+((v[4]-v[4])+(v[5]-v[5])+(v[6]-v[6])+(v[7]-v[7])) != 0 {
			return false
		}
	}
	for _, v := range values {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// The metadata entries of a checkpoint.
const (
	metaConfig      = "config"      // matrix.Run as JSON
	metaPosition    = "position"    // Position as JSON
	metaRecipe      = "recipe"      // datasets.Recipe as JSON: to prepare other images alike
	metaData        = "data"        // hash of the dataset's files
	metaCode        = "code"        // identifies the code of the program
	metaKernels     = "kernels"     // Identity.Kernels; older checkpoints lack it
	metaCut         = "threshold"   // Chosen.Cut; absent where there is none
	metaTemperature = "temperature" // Chosen.Temperature; absent where there is none
	metaFinished    = "finished"    // "true" if the run is finished and only what prediction needs was kept
)

// Identity is what all checkpoints of one run have in common.
type Identity struct {
	Config matrix.Run
	Data   string          // hash of the dataset's files
	Recipe datasets.Recipe // how images are prepared, so that a checkpoint can be applied to other images
	Code   string          // identifies the code of the program
	// Kernels determine the bits of all results: device.Arithmetic. If the run was started with other kernels, those
	// come first, separated by ", then ".
	Kernels string
}

// file encodes a snapshot as the content of a checkpoint. It has no timestamps: the same state always gives the same
// bytes.
func (id Identity) file(s Snapshot) (*checkpoint.File, error) {
	config, err := json.Marshal(id.Config)
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	position, err := json.Marshal(s.Position)
	if err != nil {
		return nil, fmt.Errorf("encode position: %w", err)
	}
	recipe, err := json.Marshal(id.Recipe)
	if err != nil {
		return nil, fmt.Errorf("encode recipe: %w", err)
	}
	f := &checkpoint.File{
		Metadata: map[string]string{
			metaConfig: string(config), metaPosition: string(position),
			metaRecipe: string(recipe), metaData: id.Data, metaCode: id.Code,
		},
		Tensors: withBest(s.Tensors, s.Best),
	}
	if id.Kernels != "" {
		f.Metadata[metaKernels] = id.Kernels
	}
	for key, v := range map[string]float64{metaCut: s.Chosen.Cut, metaTemperature: s.Chosen.Temperature} {
		if v != 0 {
			f.Metadata[key] = strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	if s.Finished {
		f.Metadata[metaFinished] = "true"
	}
	return f, nil
}

// snapshot checks that a checkpoint belongs to this run and decodes its state.
func (id Identity) snapshot(f *checkpoint.File) (Snapshot, error) {
	var config matrix.Run
	if err := json.Unmarshal([]byte(f.Metadata[metaConfig]), &config); err != nil {
		return Snapshot{}, fmt.Errorf("it names no configuration of a run: %w", err)
	}
	if diff := id.Config.Trained().Diff(config.Trained()); diff != "" { // test settings change no weight
		return Snapshot{}, fmt.Errorf("it is of another configuration:\n%s", diff)
	}
	if data := f.Metadata[metaData]; data != id.Data {
		return Snapshot{}, fmt.Errorf("the files of dataset %s have changed since it was written (content hash "+
			"%.12s, now %.12s): restore them, or start anew with -fresh",
			config.Dataset.Name, data, id.Data)
	}
	var position Position
	if err := json.Unmarshal([]byte(f.Metadata[metaPosition]), &position); err != nil {
		return Snapshot{}, fmt.Errorf("it names no position: %w", err)
	}
	if position.Epoch < 0 || position.Step < 0 || position.Updates < 0 || len(position.History) != position.Epoch {
		return Snapshot{}, fmt.Errorf("its position cannot be: epoch %d, step %d, %d entries of history",
			position.Epoch, position.Step, len(position.History))
	}
	s := Snapshot{Position: position, Kernels: f.Metadata[metaKernels], Finished: f.Metadata[metaFinished] == "true"}
	var err error
	if s.Chosen, err = chosenOf(f); err != nil {
		return Snapshot{}, err
	}
	s.Tensors, s.Best = splitBest(f.Tensors)
	switch epochs := config.Training.Epochs; {
	case s.Finished && !position.Done(config.Training) && config.Search == nil: // a search may have stopped it
		return Snapshot{}, fmt.Errorf("it has the weights alone, after %d of %d epochs: training cannot go on from "+
			"it; start anew with -fresh", position.Epoch, epochs)
	case !s.Finished && config.Training.Select != "" && position.Best.Epoch > 0 && s.Best == nil:
		return Snapshot{}, fmt.Errorf("it does not have the weights of its best epoch, %d; start anew with -fresh",
			position.Best.Epoch)
	}
	return s, nil
}

// chosenOf returns what a checkpoint states that images have chosen.
func chosenOf(f *checkpoint.File) (c Chosen, err error) {
	if text, there := f.Metadata[metaCut]; there {
		c.Cut, err = strconv.ParseFloat(text, 64)
		if err != nil || !(c.Cut > 0 && c.Cut <= 1) {
			return Chosen{}, fmt.Errorf("its threshold is %.40q, expected a number above 0 and at most 1", text)
		}
	}
	if text, there := f.Metadata[metaTemperature]; there {
		c.Temperature, err = strconv.ParseFloat(text, 64)
		least, most := float64(evaluate.LowestTemperature), float64(evaluate.HighestTemperature)
		if err != nil || !(c.Temperature >= least && c.Temperature <= most) {
			return Chosen{}, fmt.Errorf("its temperature is %.40q, expected a number from %g to %g", text, least, most)
		}
	}
	return c, nil
}

package experiments

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/assess"
	"r2unet/experiments/matrix"
	"r2unet/experiments/training"
	"r2unet/internal/device/host"
	"r2unet/internal/durable"
)

// Record is run.json: a run's settings and results. It has no times or places, so the same run gives the same bytes on
// every machine of a kind.
type Record struct {
	Config     matrix.Run     `json:"config"`
	ConfigHash string         `json:"config_hash"`
	Dataset    datasets.Facts `json:"dataset"`
	Split      datasets.Split `json:"split"` // the samples of the run's fold, by name
	// measured images: test images, or validation images with assess = "validation"
	Tested []string        `json:"tested"`
	Recipe datasets.Recipe `json:"recipe"` // how images were prepared
	Best   training.Best   `json:"best"`

	// whose weights were tested, from 1, where the settings select them; else the last
	TestedEpoch int `json:"tested_epoch,omitempty"`

	// nil where probabilities are as the network gives them
	Calibration *assess.Calibration `json:"temperature_choice,omitempty"`

	Choice *assess.Choice `json:"threshold_choice,omitempty"` // nil where the threshold is 0.5 by default

	StoppedEpoch int `json:"stopped_epoch,omitempty"` // after which training was stopped early, from 1; 0 = it was not

	Trial *Trial `json:"trial,omitempty"` // of a search; nil elsewhere

	Result   evaluate.Result `json:"result"`
	Versions Versions        `json:"versions"`
}

// Timing is timing.json: what differs between machines and days.
type Timing struct {
	evaluate.Cost
	TrainSamples int       `json:"train_samples"`      // samples trained on in TrainSeconds
	Sessions     int       `json:"sessions"`           // number of starts and resumptions
	Revision     string    `json:"revision,omitempty"` // of the program's source that was last used, see Revision
	Started      time.Time `json:"started"`
	Written      time.Time `json:"written"`
}

// ReadRecord reads the record in a run's folder, with the cost from timing.json if it exists.
func ReadRecord(dir string) (Record, error) {
	var r Record
	if err := record.ReadJSON(filepath.Join(dir, record.RunFile), &r); err != nil {
		return Record{}, err
	}
	timing, err := ReadTiming(dir)
	if err != nil {
		return Record{}, err
	}
	r.Result.Cost = timing.Cost
	// earlier versions only had it there
	r.Result.DataHash = cmp.Or(r.Result.DataHash, evaluate.ShortHash(r.Dataset.Hash))
	return r, nil
}

// ReadTiming reads timing.json; if it is missing, it returns the zero Timing.
func ReadTiming(dir string) (Timing, error) {
	var t Timing
	err := record.ReadJSON(filepath.Join(dir, record.TimingFile), &t)
	if os.IsNotExist(err) {
		return Timing{}, nil
	}
	if err != nil {
		return Timing{}, err
	}
	return t, nil
}

// save writes run.json.
func (r Record) save(fsys durable.FS, dir string) error {
	return durable.WriteJSON(fsys, filepath.Join(dir, record.RunFile), r)
}

// save writes timing.json.
func (t Timing) save(fsys durable.FS, dir string) error {
	return durable.WriteJSON(fsys, filepath.Join(dir, record.TimingFile), t)
}

// saveTiming writes timing.json.
func (r *runner) saveTiming() error {
	if r.timing.TrainSeconds > 0 {
		r.timing.TrainSamplesPerSecond = float64(r.timing.TrainSamples) / r.timing.TrainSeconds
	}
	r.timing.PeakMemoryBytes = max(r.timing.PeakMemoryBytes, host.Peak())
	r.timing.Written = r.session.options.Now().UTC()
	return r.timing.save(r.fs, r.job.dir)
}

// saveRecord writes run.json.
func (r *runner) saveRecord(status evaluate.Status, cause error) error {
	hash, err := r.job.run.Hash()
	if err != nil {
		return err
	}
	result := newResult(r.job, status)
	result.Measures, result.Classes = r.record.Result.Measures, r.record.Result.Classes
	if len(result.Measures.Inside.Images) > 0 {
		result.Patients = r.job.dataset.Patients(r.job.tested)
	}
	result.Threshold = cmp.Or(r.record.Result.Threshold, result.Threshold)
	result.DataHash, result.Data = evaluate.ShortHash(r.facts.Hash), r.data()
	notes := slices.Concat(r.facts.Notes, r.facts.Warnings)
	if r.job.run.Training.Assess == matrix.AssessValidation {
		about := r.job.dataset.TestNotes()
		notes = slices.DeleteFunc(notes, func(note string) bool { return slices.Contains(about, note) })
	}
	notes = append(notes, r.choices()...)
	result.Kernels = r.store.Identity.Kernels
	if strings.Contains(result.Kernels, kernelsJoin) {
		notes = append(notes, "begun under other kernels, so it has the bits of neither: "+result.Kernels)
	}
	result.Note = strings.Join(notes, "; ")
	if r.network != nil {
		result.Parameters = r.network.Parameters()
	}
	if cause != nil {
		result.Error = cause.Error()
	}
	result.Cost = r.timing.Cost
	r.record = Record{
		Config: r.job.run, ConfigHash: hash,
		Dataset: r.facts, Split: r.job.fold.Split, Tested: r.job.tested, Recipe: r.recipe,
		Best: r.trainer.At.Best, TestedEpoch: r.testedEpoch, StoppedEpoch: r.stoppedEpoch(),
		Calibration: r.calibration, Choice: r.choice, Trial: r.trial(cause),
		Result: result, Versions: currentVersions(),
	}
	return r.record.save(r.fs, r.job.dir)
}

// newResult returns a job's result before anything is measured.
func newResult(j *job, status evaluate.Status) evaluate.Result {
	return evaluate.Result{
		RunID: j.id, Status: status,
		Dataset: j.run.Dataset.Name, Phantom: j.run.Phantom, Assessed: j.run.Training.Assess,
		Architecture: j.run.Architecture.Name, Facets: facetsOf(j.run),
		Fold: j.run.Fold, Folds: j.dataset.Folds(), Seed: j.run.Seed,
		Epochs: j.run.Training.Epochs, Threshold: evaluate.DefaultThreshold,
	}
}

// facetsOf lists the facets of a run's network, how its predictions are made into masks, and its settings in a grid,
// for results.
func facetsOf(run matrix.Run) []evaluate.Facet {
	var facets []evaluate.Facet
	for _, f := range run.Architecture.Facets() {
		if !f.Default {
			facets = append(facets, evaluate.Facet{Key: f.Key, Value: f.Value, Text: f.Text, In: string(f.In)})
		}
	}
	for _, s := range run.Training.Tested() {
		if !slices.ContainsFunc(run.Point, func(p matrix.Setting) bool { return p.Key == s.Key }) {
			facets = append(facets, evaluate.Facet{
				Key: s.Key, Value: s.Value, Text: s.Key + " " + s.Value, In: evaluate.InTraining,
			})
		}
	}
	for _, s := range run.Point {
		facet := evaluate.Facet{Key: s.Key, Value: s.Value, Text: s.Key + " " + s.Value, In: evaluate.InTraining}
		facets = append(facets, facet)
	}
	return facets
}

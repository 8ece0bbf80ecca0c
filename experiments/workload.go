package experiments

import (
	"fmt"
	"time"

	"r2unet/experiments/assess"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/experiments/training"
	"r2unet/internal/model"
)

// backward is the ratio of a training step's operations to a forward pass's: the gradients of inputs and weights each
// take as many again.
const backward = 3

// workload counts the floating point operations of a run, per sample in each phase and in total.
type workload struct {
	epochs, trained, validated int // samples an epoch
	tested                     int // images
	choosing                   int // images that choose the temperature and the threshold
	height, width              int // of training and validation samples, px
	testHeight, testWidth      int // of the largest test image, px

	parameters                int
	forward                   float64 // of one training sample
	train, validate, testOnce float64 // of one sample
}

// network is what the work of runs of one network depends on.
type network struct {
	parameters int
	pixel      float64 // operations of a forward pass for each pixel, whatever the size
}

// measureNetwork builds a run's network without its numbers.
func measureNetwork(run matrix.Run, channels int) (network, error) {
	config := model.Config{Arch: run.Architecture, InChannels: channels, Classes: len(run.Dataset.Classes)}
	params, err := model.Parameters(config)
	if err != nil {
		return network{}, err
	}
	multiple := run.Architecture.Multiple()
	forward, err := model.ForwardFLOPs(config, multiple, multiple)
	return network{params.Count(), forward / float64(multiple*multiple)}, err
}

// network caches measureNetwork: of thousands of runs there are few networks.
func (s *sweep) network(run matrix.Run, channels int) (network, error) {
	key := fmt.Sprintf("%+v %d %d", run.Architecture, channels, len(run.Dataset.Classes))
	if n, ok := s.networks[key]; ok {
		return n, nil
	}
	n, err := measureNetwork(run, channels)
	if err == nil {
		s.networks[key] = n
	}
	return n, err
}

// newWorkload adds the operations to the numbers of samples in w.
func newWorkload(run matrix.Run, n network, w workload) workload {
	w.parameters = n.parameters
	w.forward = n.pixel * float64(w.height*w.width)
	w.train, w.validate = backward*w.forward, w.forward
	w.testOnce = n.pixel * float64(w.testHeight*w.testWidth)
	if t := run.Training; t.Test == "patches" {
		windows := assess.Windows{Side: run.Dataset.Patch, Stride: t.Stride}
		w.testOnce = w.forward * float64(windows.Count(w.testHeight, w.testWidth))
	}
	if passes, err := matrix.Passes(run.Training.TTA); err == nil {
		w.testOnce *= float64(passes)
	}
	return w
}

// of returns the work of samples in a phase.
func (w workload) of(phase progress.Phase, samples int) float64 {
	switch phase {
	case progress.Train:
		return w.train * float64(samples)
	case progress.Validate:
		return w.validate * float64(samples)
	}
	return w.testOnce * float64(samples)
}

// total returns the work of the whole run.
func (w workload) total() float64 {
	return float64(w.epochs)*(w.of(progress.Train, w.trained)+w.of(progress.Validate, w.validated)) +
		w.of(progress.Test, w.tested+w.choosing)
}

// fraction is the share of the run's work that is done at an update, 0 to 1.
func (w workload) fraction(u progress.Update) float64 {
	part := float64(u.Step) / float64(max(1, u.Steps))
	train, validate := w.of(progress.Train, w.trained), w.of(progress.Validate, w.validated)
	epochs := float64(max(0, u.Epoch-1)) * (train + validate)
	switch u.Phase {
	case progress.Train:
		epochs += part * train
	case progress.Validate:
		epochs += train + part*validate
	default:
		epochs = float64(w.epochs)*(train+validate) + part*w.of(progress.Test, w.tested+w.choosing)
	}
	return min(1, epochs/w.total())
}

// tracker follows the work of a run for progress updates.
type tracker struct {
	cost     workload
	estimate *progress.Estimate // of the whole sweep
	done     float64            // operations of this run

	phase   progress.Phase
	samples int           // of the current phase, this session
	took    time.Duration // by them
}

// resume adds the work of earlier sessions.
func (t *tracker) resume(at training.Position, trained int, settings matrix.Training) {
	epoch := t.cost.of(progress.Train, t.cost.trained) + t.cost.of(progress.Validate, t.cost.validated)
	work := float64(at.Epoch)*epoch +
		t.cost.of(progress.Train, min(at.Step*settings.Batch, trained))
	t.done += work
	t.estimate.Drop(work)
}

// spent adds a step.
func (t *tracker) spent(phase progress.Phase, samples int, took time.Duration) {
	if phase != t.phase {
		t.phase, t.samples, t.took = phase, 0, 0
	}
	t.samples += samples
	t.took += took
	work := t.cost.of(phase, samples)
	t.done += work
	t.estimate.Done(work, took)
}

// rest returns the remaining work of the run.
func (t *tracker) rest() float64 { return max(0, t.cost.total()-t.done) }

// update returns the state after a step.
func (t *tracker) update(phase progress.Phase, step, steps int) progress.Update {
	u := progress.Update{
		Phase: phase, Step: step, Steps: steps,
		Fraction: t.done / t.cost.total(),
		RunLeft:  t.estimate.For(t.rest()), SweepLeft: t.estimate.Left(),
	}
	if t.took > 0 {
		u.SamplesPerSecond = float64(t.samples) / t.took.Seconds()
	}
	return u
}

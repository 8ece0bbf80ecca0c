package experiments

import (
	"time"

	"r2unet/experiments/inference"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/experiments/training"
	"r2unet/internal/model"
)

// backward is how many times the operations of a forward pass a training step takes: the gradients of inputs and weights
// each take as many again.
const backward = 3

// workload counts the floating point operations of a run: of one sample in each phase, and in all.
type workload struct {
	epochs, trained, validated int // samples an epoch
	tested                     int // images
	height, width              int // of training and validation samples, px
	testHeight, testWidth      int // of the largest test image, px

	parameters                int
	forward                   float64 // of one training sample
	train, validate, testOnce float64 // of one sample
}

// newWorkload fills in the operations, given the samples.
func newWorkload(run matrix.Run, channels int, w workload) (workload, error) {
	params, err := model.Parameters(run.Architecture, channels)
	if err != nil {
		return workload{}, err
	}
	multiple := run.Architecture.Multiple() // the operations of a pixel are the same at any size
	forward, err := model.ForwardFLOPs(run.Architecture, channels, multiple, multiple)
	if err != nil {
		return workload{}, err
	}
	pixel := forward / float64(multiple*multiple)
	w.parameters = params.Count()
	w.forward = pixel * float64(w.height*w.width)
	w.train, w.validate = backward*w.forward, w.forward
	w.testOnce = pixel * float64(w.testHeight*w.testWidth)
	if t := run.Training; t.Test == "patches" {
		windows := inference.Windows{Side: run.Dataset.Patch, Stride: t.Stride}
		w.testOnce = w.forward * float64(windows.Count(w.testHeight, w.testWidth))
	}
	return w, nil
}

// of is the work of samples in a phase.
func (w workload) of(phase progress.Phase, samples int) float64 {
	switch phase {
	case progress.Train:
		return w.train * float64(samples)
	case progress.Validate:
		return w.validate * float64(samples)
	}
	return w.testOnce * float64(samples)
}

// total is the work of the whole run.
func (w workload) total() float64 {
	return float64(w.epochs)*(w.of(progress.Train, w.trained)+w.of(progress.Validate, w.validated)) + w.of(progress.Test, w.tested)
}

// meter follows one run's work and turns it into progress.
type meter struct {
	sweep *sweep
	cost  workload
	done  float64 // operations of this run

	phase   progress.Phase
	samples int           // of the present phase, this session
	took    time.Duration // by them
}

// resume counts the work of earlier sessions.
func (m *meter) resume(at training.Position, trained int, t matrix.Training) {
	work := float64(at.Epoch)*(m.cost.of(progress.Train, m.cost.trained)+m.cost.of(progress.Validate, m.cost.validated)) +
		m.cost.of(progress.Train, min(at.Step*t.Batch, trained))
	m.done += work
	m.sweep.estimate.Drop(work)
}

// spent counts a step.
func (m *meter) spent(phase progress.Phase, samples int, took time.Duration) {
	if phase != m.phase {
		m.phase, m.samples, m.took = phase, 0, 0
	}
	m.samples += samples
	m.took += took
	work := m.cost.of(phase, samples)
	m.done += work
	m.sweep.estimate.Done(work, took)
}

// rest is the work that is left of the run.
func (m *meter) rest() float64 { return max(0, m.cost.total()-m.done) }

// update describes the state after a step.
func (m *meter) update(phase progress.Phase, step, steps int) progress.Update {
	u := progress.Update{
		Phase: phase, Step: step, Steps: steps,
		Fraction: m.done / m.cost.total(),
		RunLeft:  m.sweep.estimate.For(m.rest()), SweepLeft: m.sweep.estimate.Left(),
	}
	if m.took > 0 {
		u.SamplesPerSecond = float64(m.samples) / m.took.Seconds()
	}
	return u
}

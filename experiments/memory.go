package experiments

import (
	"cmp"
	"fmt"
	"path/filepath"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/internal/device"
	"r2unet/internal/model"
)

// footprint is the memory of a run in bytes. Only the training plan grows with the batch.
type footprint struct {
	// independent of the batch: weights, gradients, moments, two copies of the state, decoded images, program, largest
	// test plan
	fixed  float64
	sample float64 // per sample of a training batch
}

// Memory besides plans and parameters, in bytes.
const (
	programBytes = 128 << 20
	cachedImages = 384 << 20
)

// Vectors as long as the parameters: weights, gradients and two moments; two copies of weights and moments for
// checkpoints; and weights packed for the kernels of the cpu device (measured: 3 to 7).
const (
	stateVectors      = 4
	savedVectors      = 6
	packedVectors     = 6
	averageVectors    = 3 // with a moving average: it and its two copies
	accumulateVectors = 3 // with accumulated gradients: they and their two copies
)

// Ratio of plans to their tensors: kernels need scratch memory. Not measured on a GPU.
const (
	scratch    = 1.05
	scratchGPU = 1.3
)

// measureFootprint plans the run for the device. On a device with its own memory, which keeps activations, only that
// memory counts.
func measureFootprint(run matrix.Run, channels int, cost workload, dev device.Device) (footprint, error) {
	config := model.Config{Arch: run.Architecture, InChannels: channels, Classes: len(run.Dataset.Classes)}
	var plans [3]int64
	var errs [3]error
	plans[0], errs[0] = model.TrainingBytes(config, dev, 2, cost.height, cost.width)
	plans[1], errs[1] = model.TrainingBytes(config, dev, 3, cost.height, cost.width)
	plans[2], errs[2] = model.PredictionBytes(config, dev, 1, cost.testHeight, cost.testWidth)
	if err := cmp.Or(errs[:]...); err != nil { // the plans differ in their sizes alone: one error says it
		return footprint{}, err
	}
	fixed, vectors, pad := float64(programBytes+cachedImages), stateVectors+savedVectors+packedVectors, scratch
	if k, ok := dev.(device.Keeper); ok && k.KeepsActivations() {
		fixed, vectors, pad = programBytes, stateVectors+2, scratchGPU
	}
	if run.Training.Average > 0 {
		vectors += averageVectors
	}
	if run.Training.Accumulate > 1 {
		vectors += accumulateVectors
	}
	sample := plans[1] - plans[0]
	return footprint{
		fixed:  fixed + 4*float64(vectors)*float64(cost.parameters) + pad*float64(plans[2]+plans[0]-2*sample),
		sample: pad * float64(sample),
	}, nil
}

// needs is the key of a footprint: all it depends on besides the device.
type needs struct {
	architecture                         string
	average, accumulate                  bool
	channels, classes                    int
	height, width, testHeight, testWidth int
}

// footprint caches measureFootprint for runs of the same network and sizes.
func (s *session) footprint(j *job) (footprint, error) {
	c := j.cost
	key := needs{
		fmt.Sprintf("%+v", j.run.Architecture), j.run.Training.Average > 0, j.run.Training.Accumulate > 1,
		j.dataset.Channels(), len(j.run.Dataset.Classes), c.height, c.width, c.testHeight, c.testWidth,
	}
	if f, ok := s.footprints[key]; ok {
		return f, nil
	}
	f, err := measureFootprint(j.run, key.channels, c, s.device)
	if err == nil {
		s.footprints[key] = f
	}
	return f, err
}

// checkMemory rejects a run that does not fit into the device's memory, before anything is computed, unless it is
// already finished.
func (s *session) checkMemory(j *job) error {
	err := s.fits(j, s.free)
	if err == nil {
		return nil
	}
	folder, unread := sweepFolder(s.options.Out, s.options.Profile, s.options.Fresh)
	if unread == nil {
		var found Record
		found, unread = ReadRecord(filepath.Join(folder, record.RunsFolder, j.id))
		if unread == nil && found.Result.Status == evaluate.Finished {
			return nil
		}
	}
	return fmt.Errorf("%s on %s: %w", matrix.ArchitectureTitle(j.run.Architecture), j.run.Dataset.Name, err)
}

// available returns the bytes that a run may take; 0 = unknown on this system.
func (s *session) available() int64 {
	available := s.options.Memory
	if meter, ok := s.device.(device.Meter); ok && available == 0 {
		available, _ = meter.Free()
	}
	return available
}

// fits returns an error if a run takes more than the available memory; it says what would fit.
func (s *session) fits(j *job, available int64) error {
	if available == 0 {
		return nil
	}
	f, err := s.footprint(j)
	if err != nil {
		return err
	}
	batch := j.run.Training.Batch
	needed := f.fixed + f.sample*float64(batch)
	if needed <= float64(available) {
		return nil
	}
	fits := "no batch fits; smaller patches, smaller images or fewer channels would"
	if batch := int((float64(available) - f.fixed) / f.sample); batch > 0 {
		fits = fmt.Sprintf("batch = %d would fit", batch)
	}
	return fmt.Errorf("batch = %d of %d×%d px takes about %s of memory, and %s is available: %s",
		batch, j.cost.width, j.cost.height, gigabytes(needed), gigabytes(float64(available)), fits)
}

func gigabytes(bytes float64) string { return fmt.Sprintf("%.1f GB", bytes/1e9) }

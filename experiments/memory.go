package experiments

import (
	"errors"
	"fmt"
	"path/filepath"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/internal/device"
	"r2unet/internal/model"
)

// footprint is how much memory a run takes, in bytes. The plan of training grows with the batch, and nothing else does.
type footprint struct {
	fixed  float64 // whatever the batch: weights, gradients, moments and two copies of the state, decoded images, the program, the largest plan of testing
	sample float64 // for each sample of a training batch
}

// What the program needs besides plans and parameters, in bytes.
const (
	programBytes = 128 << 20
	cachedImages = 384 << 20
)

// Vectors as long as the parameters: weights, gradients and two moments; two copies of weights and moments for checkpoints; and what the
// kernels of the cpu device keep of weights in layouts of their own (measured: 3 to 7).
const (
	stateVectors      = 4
	savedVectors      = 6
	packedVectors     = 6
	averageVectors    = 3 // with a moving average: it and its two copies
	accumulateVectors = 3 // with accumulated gradients: they and their two copies
)

// How much larger plans are than their tensors: kernels need scratch memory. On a GPU it was not measured.
const (
	scratch    = 1.05
	scratchGPU = 1.3
)

// measureFootprint plans the run for the device and counts. On a device with memory of its own, which keeps activations, that memory
// alone counts.
func measureFootprint(run matrix.Run, channels int, cost workload, dev device.Device) (footprint, error) {
	config := model.Config{Arch: run.Architecture, InChannels: channels, Classes: len(run.Dataset.Classes)}
	var plans [3]int64
	var errs [3]error
	plans[0], errs[0] = model.TrainingBytes(config, dev, 2, cost.height, cost.width)
	plans[1], errs[1] = model.TrainingBytes(config, dev, 3, cost.height, cost.width)
	plans[2], errs[2] = model.PredictionBytes(config, dev, 1, cost.testHeight, cost.testWidth)
	if err := errors.Join(errs[:]...); err != nil {
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

// needs is what a footprint depends on besides the device.
type needs struct {
	architecture                         string
	average, accumulate                  bool
	channels, classes                    int
	height, width, testHeight, testWidth int
}

// footprint is measureFootprint, once for all runs of a network at the same sizes.
func (s *session) footprint(j *job) (footprint, error) {
	c := j.cost
	key := needs{fmt.Sprintf("%+v", j.run.Architecture), j.run.Training.Average > 0, j.run.Training.Accumulate > 1, j.dataset.Channels(), len(j.run.Dataset.Classes), c.height, c.width, c.testHeight, c.testWidth}
	if f, ok := s.footprints[key]; ok {
		return f, nil
	}
	f, err := measureFootprint(j.run, key.channels, c, s.device)
	if err == nil {
		s.footprints[key] = f
	}
	return f, err
}

// checkMemory refuses a run that will not fit into the device's memory, before anything of any run is computed. One that is finished
// needs no more.
func (s *session) checkMemory(j *job) error {
	err := s.fits(j, s.free)
	if err == nil {
		return nil
	}
	folder, unread := sweepFolder(s.options.Out, s.options.Profile, s.options.Fresh)
	if unread == nil {
		var found Record
		if found, unread = ReadRecord(filepath.Join(folder, record.RunsFolder, j.id)); unread == nil && found.Result.Status == evaluate.Finished {
			return nil
		}
	}
	return fmt.Errorf("%s on %s: %w", matrix.ArchitectureTitle(j.run.Architecture), j.run.Dataset.Name, err)
}

// available is how many bytes a run may take; 0 = not known on this system.
func (s *session) available() int64 {
	available := s.options.Memory
	if meter, ok := s.device.(device.Meter); ok && available == 0 {
		available, _ = meter.Free()
	}
	return available
}

// fits compares what a run will take with what is available, and says what would fit.
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

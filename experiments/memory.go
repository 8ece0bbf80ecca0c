package experiments

import (
	"fmt"

	"r2unet/experiments/matrix"
	"r2unet/internal/device"
	"r2unet/internal/model"
)

// footprint is how much memory a run takes, in bytes. Plans grow with the pixels that are computed at once, and nothing else does.
type footprint struct {
	fixed      float64 // whatever the batch: weights, gradients, moments and two copies of the state, decoded images, the program
	trainPixel float64 // for each pixel of a training batch
	testPixel  float64 // for each pixel of a test image
}

// What the program needs besides plans and parameters, in bytes, and how much larger plans are on a device than in Inspect:
// feature maps have borders and multiples of 16 channels there, and kernels need scratch memory.
const (
	programBytes = 128 << 20
	cachedImages = 384 << 20
	devicePad    = 1.3
	largestPass  = 3 << 19 // pixels of an image that are predicted at once
)

// measureFootprint learns from the plans of one and two small images what a pixel costs. On a device with memory of its own, which
// keeps activations, that memory alone counts.
func measureFootprint(run matrix.Run, channels int, dev device.Device) (footprint, error) {
	side := 8 * run.Architecture.Multiple()
	config := model.Config{Arch: run.Architecture, InChannels: channels}
	one, err := model.Inspect(config, 1, side, side)
	if err != nil {
		return footprint{}, err
	}
	two, err := model.Inspect(config, 2, side, side)
	if err != nil {
		return footprint{}, err
	}
	pixels := float64(side * side)
	if k, ok := dev.(device.Keeper); ok && k.KeepsActivations() {
		return footprint{
			fixed:      programBytes + 6*4*float64(one.Parameters),
			trainPixel: devicePad * float64(two.KeptBytes-one.KeptBytes) / pixels,
			testPixel:  devicePad * float64(two.EvaluationBytes-one.EvaluationBytes) / pixels,
		}, nil
	}
	return footprint{
		fixed:      programBytes + cachedImages + 10*4*float64(one.Parameters),
		trainPixel: devicePad * float64(two.TrainingBytes-one.TrainingBytes) / pixels,
		testPixel:  devicePad * float64(two.EvaluationBytes-one.EvaluationBytes) / pixels,
	}, nil
}

// checkMemory compares what the run will take with what the device has left, before anything is allocated, and says what would fit.
func (r *runner) checkMemory() error {
	available := r.options.Memory
	if meter, ok := r.device.(device.Meter); ok && available == 0 {
		available, _ = meter.Free()
	}
	if available == 0 {
		return nil // not known on this system
	}
	f, err := measureFootprint(r.run, r.dataset.Channels(), r.device)
	if err != nil {
		return err
	}
	sample := float64(r.cost.height * r.cost.width)
	room := float64(available) - f.fixed - f.testPixel*float64(min(r.cost.testHeight*r.cost.testWidth, largestPass))
	needed := float64(available) - room + f.trainPixel*sample*float64(r.run.Training.Batch)
	if needed <= float64(available) {
		return nil
	}
	fits := "no batch fits; smaller patches, smaller images or fewer channels would"
	if batch := int(room / (f.trainPixel * sample)); batch > 0 {
		fits = fmt.Sprintf("batch = %d would fit", batch)
	}
	return fmt.Errorf("batch = %d of %d×%d px takes about %s of memory, and %s is available: %s",
		r.run.Training.Batch, r.cost.width, r.cost.height, gigabytes(needed), gigabytes(float64(available)), fits)
}

func gigabytes(bytes float64) string { return fmt.Sprintf("%.1f GB", bytes/1e9) }

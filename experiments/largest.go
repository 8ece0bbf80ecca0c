package experiments

import (
	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/internal/device"
)

// LargestBatch returns the largest batch, at most most samples, with which a run can be trained in so many bytes of
// memory; 0 if not even one sample fits. Samples and the largest test image have the given sizes, px, which the
// network must be able to halve. Without a limit, memory is 0.
func LargestBatch(
	run matrix.Run, channels int, sample, test datasets.Size, dev device.Device, memory int64, most int,
) (int, error) {
	n, err := measureNetwork(run, channels)
	if err != nil {
		return 0, err
	}
	cost := newWorkload(run, n, workload{
		height: sample.Height, width: sample.Width, testHeight: test.Height, testWidth: test.Width,
	})
	f, err := measureFootprint(run, channels, cost, dev)
	if err != nil || memory == 0 {
		return most, err
	}
	return max(0, min(most, int((float64(memory)-f.fixed)/f.sample))), nil
}

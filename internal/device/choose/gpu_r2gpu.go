//go:build r2gpu

package choose

import (
	"r2unet/internal/device"
	"r2unet/internal/device/cuda"
	"r2unet/internal/device/cuda/driver"
)

func openGPU(options Options) (device.Device, error) {
	gpu, err := driver.Open(options.GPU)
	if err != nil {
		return nil, err
	}
	dev, err := cuda.New(gpu, cuda.Options{Precision: cuda.Precision(options.Precision)})
	if err != nil {
		gpu.Close()
		return nil, err
	}
	return dev, nil
}

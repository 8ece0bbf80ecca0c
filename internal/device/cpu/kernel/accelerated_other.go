//go:build !amd64 && !arm64

package kernel

import "r2unet/internal/device/cpu/isa"

// accelerated returns the portable kernels; there are no faster ones here.
func accelerated(_ isa.Set, portable Set) Set { return portable }

//go:build !amd64

package kernel

import "r2unet/internal/device/cpu/isa"

// accelerated has nothing faster than the portable kernels here.
func accelerated(_ isa.Set, portable Set) Set { return portable }

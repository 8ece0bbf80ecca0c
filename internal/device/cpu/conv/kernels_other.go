//go:build !amd64 && !arm64

package conv

import "r2unet/internal/device/cpu/isa"

func machineKernels(isa.Set) *kernels { return nil }

func hasBF16(isa.Set) bool { return false }

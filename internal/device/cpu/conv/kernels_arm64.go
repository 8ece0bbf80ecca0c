package conv

import "r2unet/internal/device/cpu/isa"

// neon are the kernels of Advanced SIMD, which every arm64 processor has. Pairs of output blocks have no kernels: the
// sums of one take as many registers as there are.
var neon = &kernels{
	width: lanes, blocks: 1, tiles: withPortable(tilesNEON, lanes), grads: gradsNEON, epilogue: epilogueNEON,
	half: &kernels{width: half, blocks: 1, tiles: withPortable(halfTilesNEON, half), epilogue: epilogueHalfNEON},
	exact: &kernels{
		width: lanes, blocks: 1, tiles: withPortable(exactTilesNEON, lanes), epilogue: epilogueNEON,
	},
	multipliers: multipliersNEON, transforms: transformsNEON, accumulate: accumulateNEON, addUp: addUpNEON,
	bf16: portableRounding(1),
}

func machineKernels(set isa.Set) *kernels {
	if set == isa.NEON {
		return neon
	}
	return nil
}

func hasBF16(isa.Set) bool { return false }

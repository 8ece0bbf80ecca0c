package kernel

import "r2unet/internal/device/cpu/isa"

var neon = &kernels{
	whole: maps{
		activate: [2][2]assembly{
			{activateNEON, activateAddNEON}, {activateLeakyNEON, activateLeakyAddNEON},
		},
		activateGrad: [2][2]assembly{
			{activateGradNEON, activateGradAddNEON}, {activateGradLeakyNEON, activateGradLeakyAddNEON},
		},
		gradSums:    [2]assembly{gradSumsNEON, gradSumsLeakyNEON},
		maxPoolGrad: [2]assembly{maxPoolGradNEON, maxPoolGradAddNEON},
		add:         addNEON, moments: momentsNEON, maxPool: maxPoolNEON,
	},
	half: maps{
		activate: [2][2]assembly{
			{activateHalfNEON, activateAddHalfNEON}, {activateLeakyHalfNEON, activateLeakyAddHalfNEON},
		},
		activateGrad: [2][2]assembly{
			{activateGradHalfNEON, activateGradAddHalfNEON}, {activateGradLeakyHalfNEON, activateGradLeakyAddHalfNEON},
		},
		gradSums:    [2]assembly{gradSumsHalfNEON, gradSumsLeakyHalfNEON},
		maxPoolGrad: [2]assembly{maxPoolGradHalfNEON, maxPoolGradAddHalfNEON},
		add:         addHalfNEON, moments: momentsHalfNEON, maxPool: maxPoolHalfNEON,
	},
	adam: adamNEON, pixelSums: pixelSumsNEON, lossGrad: lossGradNEON, sigmoid: sigmoidNEON,
	elu: eluNEON, eluGrad: eluGradNEON, silu: siluNEON, siluGrad: siluGradNEON,
}

// accelerated returns the kernels for the set, which use the portable ones for planes that are not blocked, and for
// gates.
func accelerated(s isa.Set, portable Set) Set {
	if s == isa.NEON {
		set := neon.over(portable)
		set.Multiply, set.ScalePixels, set.Dots = portable.Multiply, portable.ScalePixels, portable.Dots
		return set
	}
	return portable
}

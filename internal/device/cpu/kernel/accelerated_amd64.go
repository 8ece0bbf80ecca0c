package kernel

import "r2unet/internal/device/cpu/isa"

var half = maps{
	activate: [2][2]assembly{{activateHalf, activateAddHalf}, {activateLeakyHalf, activateLeakyAddHalf}},
	activateGrad: [2][2]assembly{
		{activateGradHalf, activateGradAddHalf}, {activateGradLeakyHalf, activateGradLeakyAddHalf},
	},
	gradSums:    [2]assembly{gradSumsHalf, gradSumsLeakyHalf},
	maxPoolGrad: [2]assembly{maxPoolGradHalf, maxPoolGradAddHalf},
	multiply:    [2]assembly{multiplyHalf, multiplyAddHalf},
	scalePixels: [2]assembly{scalePixelsHalf, scalePixelsAddHalf},
	dots:        [2]assembly{dotsHalf, dotsAddHalf},
	add:         addHalf, moments: momentsHalf, maxPool: maxPoolHalf,
	depthwise:     [2]assembly{depthwiseHalf, depthwiseAddHalf},
	depthwiseGrad: depthwiseGradHalf, parts: 1,
}

// accelerated returns the kernels for the set, which use the portable ones for planes that are not blocked.
func accelerated(s isa.Set, portable Set) Set {
	switch s {
	case isa.AVX512, isa.AMX:
		return (&kernels{
			whole: maps{
				activate: [2][2]assembly{
					{activateAVX512, activateAddAVX512}, {activateLeakyAVX512, activateLeakyAddAVX512},
				},
				activateGrad: [2][2]assembly{
					{activateGradAVX512, activateGradAddAVX512}, {activateGradLeakyAVX512, activateGradLeakyAddAVX512},
				},
				gradSums:    [2]assembly{gradSumsAVX512, gradSumsLeakyAVX512},
				maxPoolGrad: [2]assembly{maxPoolGradAVX512, maxPoolGradAddAVX512},
				multiply:    [2]assembly{multiplyAVX512, multiplyAddAVX512},
				scalePixels: [2]assembly{scalePixelsAVX512, scalePixelsAddAVX512},
				dots:        [2]assembly{dotsAVX512, dotsAddAVX512},
				add:         addAVX512, moments: momentsAVX512, maxPool: maxPoolAVX512,
				depthwise:     [2]assembly{depthwiseAVX512, depthwiseAddAVX512},
				depthwiseGrad: depthwiseGradAVX512, parts: 1,
			},
			half: half,
			adam: adamAVX512, pixelSums: pixelSumsAVX512, lossGrad: lossGradAVX512, sigmoid: sigmoidAVX512,
			elu: eluAVX512, eluGrad: eluGradAVX512, silu: siluAVX512, siluGrad: siluGradAVX512,
		}).over(portable)
	case isa.AVX2:
		return (&kernels{
			whole: maps{
				activate: [2][2]assembly{{activateAVX2, activateAddAVX2}, {activateLeakyAVX2, activateLeakyAddAVX2}},
				activateGrad: [2][2]assembly{
					{activateGradAVX2, activateGradAddAVX2}, {activateGradLeakyAVX2, activateGradLeakyAddAVX2},
				},
				gradSums:    [2]assembly{gradSumsAVX2, gradSumsLeakyAVX2},
				maxPoolGrad: [2]assembly{maxPoolGradAVX2, maxPoolGradAddAVX2},
				multiply:    [2]assembly{multiplyAVX2, multiplyAddAVX2},
				scalePixels: [2]assembly{scalePixelsAVX2, scalePixelsAddAVX2},
				dots:        [2]assembly{dotsAVX2, dotsAddAVX2},
				add:         addAVX2, moments: momentsAVX2, maxPool: maxPoolAVX2,
				depthwise:     [2]assembly{depthwiseAVX2, depthwiseAddAVX2},
				depthwiseGrad: depthwiseGradAVX2, parts: 2,
			},
			half: half,
			adam: adamAVX2, pixelSums: pixelSumsAVX2, lossGrad: lossGradAVX2, sigmoid: sigmoidAVX2,
			elu: eluAVX2, eluGrad: eluGradAVX2, silu: siluAVX2, siluGrad: siluGradAVX2,
		}).over(portable)
	}
	return portable
}

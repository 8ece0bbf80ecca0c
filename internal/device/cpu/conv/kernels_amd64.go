package conv

import (
	"golang.org/x/sys/cpu"

	"r2unet/internal/device/cpu/isa"
)

//go:generate go -C asm run . -part tile -out ../tile_amd64.s -table ../tile_amd64.go
//go:generate go -C asm run . -part gradweight -out ../gradweight_amd64.s -table ../gradweight_amd64.go
//go:generate go -C asm run . -part epilogue -out ../epilogue_amd64.s -table ../epilogue_amd64.go
//go:generate go -C asm run . -part winograd -out ../winograd_amd64.s -table ../winograd_amd64.go
//go:generate go -C asm run . -part logits -out ../logits_amd64.s -table ../logits_amd64.go
//go:generate go -C asm run . -part bf16 -out ../bf16_amd64.s -table ../bf16_amd64.go
//go:generate go -C asm run . -part matrix -out ../matrix_amd64.s -table ../matrix_amd64.go

var (
	avx512 = &kernels{
		width: lanes, blocks: 2, tiles: withPortable(tilesAVX512, lanes), grads: gradsAVX512, epilogue: epilogueAVX512,
		half: &kernels{
			width: half, blocks: 1, tiles: withPortable(halfTilesAVX512, half), epilogue: epilogueHalf,
			logits: logitsHalfAVX2, multipliers: multipliersHalfAVX512, transforms: transformsHalfAVX512,
		},
		exact: &kernels{
			width: lanes, blocks: 1, tiles: withPortable(exactTilesAVX512, lanes), epilogue: epilogueAVX512,
			logits: logitsAVX2,
		},
		multipliers: multipliersAVX512, transforms: transformsAVX512, accumulate: accumulateAVX512, addUp: addUpAVX512,
		bf16: machineRounding(),
	}
	avx2 = &kernels{
		width: lanes, blocks: 1, tiles: withPortable(tilesAVX2, lanes), grads: gradsAVX2, epilogue: epilogueAVX2,
		half: &kernels{
			width: half, blocks: 1, tiles: withPortable(halfTilesAVX2, half), epilogue: epilogueHalf,
			logits: logitsHalfAVX2, multipliers: multipliersHalfAVX2, transforms: transformsHalfAVX2,
		},
		exact: &kernels{
			width: lanes, blocks: 1, tiles: withPortable(exactTilesAVX2, lanes), epilogue: epilogueAVX2,
			logits: logitsAVX2,
		},
		multipliers: multipliersAVX2, transforms: transformsAVX2, accumulate: accumulateAVX2, addUp: addUpAVX2,
		bf16: portableRounding(1),
	}
	amx = func() *kernels {
		k := *avx512
		k.matrix = &matrixKernels{
			multipliers: multipliersAMX, gradients: gradientsAMX, round: matrixRound, interleave: matrixInterleave,
			pairs: matrixPairs, transpose: matrixTranspose, alternate: matrixAlternate,
		}
		return &k
	}()
)

func machineKernels(set isa.Set) *kernels {
	switch set {
	case isa.AMX:
		return amx
	case isa.AVX512:
		return avx512
	case isa.AVX2:
		return avx2
	}
	return nil
}

func hasBF16(set isa.Set) bool { return (set == isa.AVX512 || set == isa.AMX) && cpu.X86.HasAVX512BF16 }

// machineRounding returns the kernels for AVX512_BF16, in plain Go for processors with AVX-512 that lack it.
func machineRounding() *rounding {
	if !hasBF16(isa.AVX512) {
		return portableRounding(2)
	}
	return &rounding{
		multipliers: multipliersBF16, transforms: transformsBF16, gradTransforms: gradTransformsBF16,
		accumulate: accumulateBF16, addUp: addUpAVX512,
	}
}

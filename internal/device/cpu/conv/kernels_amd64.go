package conv

import "r2unet/internal/device/cpu/isa"

//go:generate go -C asm run . -part tile -out ../tile_amd64.s -table ../tile_amd64.go
//go:generate go -C asm run . -part gradweight -out ../gradweight_amd64.s -table ../gradweight_amd64.go
//go:generate go -C asm run . -part epilogue -out ../epilogue_amd64.s -table ../epilogue_amd64.go
//go:generate go -C asm run . -part winograd -out ../winograd_amd64.s -table ../winograd_amd64.go

var (
	avx512 = &kernels{
		width: lanes, blocks: 2, tiles: withPortable(tilesAVX512, lanes), grads: gradsAVX512, epilogue: epilogueAVX512,
		half: &kernels{width: half, blocks: 1, tiles: withPortable(halfTilesAVX512, half), epilogue: epilogueHalf},
		exact: &kernels{
			width: lanes, blocks: 1, tiles: withPortable(exactTilesAVX512, lanes), epilogue: epilogueAVX512,
		},
		multipliers: multipliersAVX512, transforms: transformsAVX512, accumulate: accumulateAVX512, addUp: addUpAVX512,
	}
	avx2 = &kernels{
		width: lanes, blocks: 1, tiles: withPortable(tilesAVX2, lanes), grads: gradsAVX2, epilogue: epilogueAVX2,
		half: &kernels{width: half, blocks: 1, tiles: withPortable(halfTilesAVX2, half), epilogue: epilogueHalf},
		exact: &kernels{
			width: lanes, blocks: 1, tiles: withPortable(exactTilesAVX2, lanes), epilogue: epilogueAVX2,
		},
		multipliers: multipliersAVX2, transforms: transformsAVX2, accumulate: accumulateAVX2, addUp: addUpAVX2,
	}
)

func machineKernels(set isa.Set) *kernels {
	switch set {
	case isa.AVX512:
		return avx512
	case isa.AVX2:
		return avx2
	}
	return nil
}

package conv

import (
	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/device/cpu/layout"
)

// kernels are the inner loops for one instruction set. All sets compute the same sums; they differ in the order of
// additions.
type kernels struct {
	width    int // channels of an output pixel: lanes or half
	blocks   int // largest number of output blocks of a tile: weights are packed in groups of this size
	tiles    []tileKernel
	grads    []gradKernel
	epilogue func(*epilogueArgs)

	half  *kernels // tiles and epilogue of outputs in blocks of half
	exact *kernels // tiles of one block that add in float64, and the epilogue; nil if all tiles do

	logits func(*logitArgs) // 1×1 convolution to one channel that adds in float64; nil for none

	multipliers []multiplier // none if there is no minimal filtering
	transforms  [winogradSizes]transforms
	accumulate  func(*accumulateArgs)
	addUp       func(*transformArgs)

	bf16   *rounding      // minimal filtering with products of bfloat16
	matrix *matrixKernels // direct convolutions with products of bfloat16 instead; nil for none
}

// rounding are the kernels of minimal filtering with products of bfloat16. All sets compute the same bits.
type rounding struct {
	multipliers                []multiplier
	transforms, gradTransforms [winogradSizes]transforms
	accumulate                 func(*accumulateArgs)
	addUp                      func(*transformArgs)
}

// portableRounding returns the kernels in plain Go for outputs of up to `blocks` blocks.
func portableRounding(blocks int) *rounding {
	k := &rounding{accumulate: portableAccumulate, addUp: portableAddUp}
	for b := range blocks {
		k.multipliers = append(k.multipliers, portableMultiply(b+1, 12))
	}
	for size := range winogradSizes {
		k.transforms[size] = portableTransforms(size, lanes, rounded)
		k.gradTransforms[size] = portableTransforms(size, lanes, pairs)
	}
	return k
}

var portable = &kernels{
	width: lanes, blocks: 1, tiles: portableTiles(lanes), grads: portableGrads(), epilogue: portableEpilogue(lanes),
	half: &kernels{width: half, blocks: 1, tiles: portableTiles(half), epilogue: portableEpilogue(half)},
	bf16: portableRounding(1),
}

// of returns the kernels for a blocked map.
func (k *kernels) of(m layout.Map) *kernels {
	if m.Block == half {
		return k.half
	}
	return k
}

// kernelsOf returns the kernels of an instruction set, which the processor must support.
func kernelsOf(set isa.Set) *kernels {
	if k := machineKernels(set); k != nil {
		return k
	}
	return portable
}

// Splits reports whether convolutions of maps in planes of eight channels are as fast as of whole blocks.
func Splits(set isa.Set) bool {
	k := kernelsOf(set)
	return len(k.half.multipliers) > 0 || len(k.multipliers) == 0
}

// HasBF16 reports whether a set's kernels of BFloat16 are assembly.
func HasBF16(set isa.Set) bool { return hasBF16(set) }

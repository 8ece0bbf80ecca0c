// Package conv holds the convolutions of the cpu device: forward, data gradient and weight gradient of 3×3, 1×1 and
// 2×2 transposed convolutions over the blocked, bordered maps of package layout.
//
// 3×3 layers of at least 16 channels are computed by minimal filtering where that is faster (Winograd), smaller ones are added up in
// float64, all others directly (see method). The inner loops are assembly for AVX-512 and AVX2, which the program in folder asm
// writes, and plain Go for other processors.
//
// Each convolution is a plan made once from shapes. A plan's work is cut into pieces that depend on shapes alone and
// write to places of their own, so that any number of workers may run them in any order with the same bits.
package conv

import "r2unet/internal/device/cpu/layout"

const lanes = layout.Lanes

// Args are the addresses of one run of a Forward plan. Maps begin at their first float, the corner of the border of
// plane 0 of sample 0. Vectors have one number for each channel of all planes of the output, padded with zeros to a multiple
// of 16.
type Args struct {
	X, W                   []float32 // input map; packed weights
	Bias                   []float32
	Addend                 []float32 // map of Epilogue.Addend
	Scale, Shift, Residual []float32 // of the activation; Residual is the map of Epilogue.Residual
	Z, Y                   []float32 // output maps before and after the activation
	Sums                   []float64 // SumsSize numbers
}

// A Worker is the memory that one goroutine needs to run pieces.
type Worker struct {
	tile      tileArgs
	grad      gradArgs
	transform transformArgs
	multiply  multiplyArgs
	products  accumulateArgs
	epilogue  epilogueArgs
	scratch   []float32
}

// NewWorker makes a worker with the largest ScratchSize of the plans that it will run.
func NewWorker(floats int) *Worker { return &Worker{scratch: make([]float32, floats)} }

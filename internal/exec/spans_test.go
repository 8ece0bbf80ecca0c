package exec

import (
	"math/rand/v2"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/planning"
)

// convolved is a call that reads one map and writes another one, not in place.
func convolved(x, y *device.Tensor) device.Call {
	return &calls.Conv{X: x, W: &device.Tensor{Shape: []int{y.Shape[1], x.Shape[1], 3, 3}}, Z: y}
}

func planes(n, c int) *device.Tensor {
	return &device.Tensor{Shape: []int{n, c, 4, 4}, Kind: device.Features}
}

// skip returns calls that write the first half of a concatenation, compute deeper maps, write its second half, and read
// the whole.
func skip(n int) []device.Call {
	joined := planes(n, 2)
	first, second := planes(n, 1), planes(n, 1)
	first.Parent, second.Parent, second.Start = joined, joined, 1
	deeper := []*device.Tensor{planes(n, 1), planes(n, 1)}
	image, logits := planes(n, 1), planes(n, 2)
	image.Buffer, logits.Buffer = stored{}, stored{}
	return []device.Call{
		convolved(image, first), convolved(first, deeper[0]), convolved(deeper[0], deeper[1]),
		convolved(deeper[1], second), convolved(joined, logits),
	}
}

type stored struct{ device.Buffer }

// TestHalfOfAConcatenationIsFreeUntilItIsWritten, with one sample; with two, halves alternate in memory.
func TestHalfOfAConcatenationIsFreeUntilItIsWritten(t *testing.T) {
	dev := planning.Like(planning.RowMajor{})
	if size := planArena(dev, skip(1)); size != 3*16 {
		t.Errorf("an arena of %d elements, expected the concatenation and one map beside it, 48", size)
	}
	if size := planArena(dev, skip(2)); size != 4*32 {
		t.Errorf("an arena of %d elements for two samples, expected the concatenation and two maps, 128", size)
	}
}

// TestNoTwoSpansInUseShareMemory of random blocks.
func TestNoTwoSpansInUseShareMemory(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var blocks []*block
		for range 1 + random.IntN(20) {
			b := &block{tensors: []*device.Tensor{{}}, first: random.IntN(10)}
			b.last = b.first + random.IntN(5)
			b.size = 16 * (1 + random.IntN(4))
			if random.IntN(2) == 0 && b.size > 16 {
				b.spans = []span{
					{0, 16, b.first, b.last},
					{16, b.size, b.first + random.IntN(3), b.last + random.IntN(4)},
				}
				b.spans[1].last = max(b.spans[1].first, b.spans[1].last)
			}
			blocks = append(blocks, b)
		}
		size := pack(blocks)
		used := map[[2]int]*block{}
		for _, b := range blocks {
			if b.offset%alignment != 0 || b.tensors[0].Offset != b.offset {
				t.Fatalf("offset %d, and %d of its tensor", b.offset, b.tensors[0].Offset)
			}
			for _, s := range b.parts() {
				for call := s.first; call <= s.last; call++ {
					for at := b.offset + s.from; at < b.offset+s.to; at += 16 {
						if at >= size || used[[2]int{call, at}] != nil {
							t.Fatalf("element %d of %d is used twice in call %d", at, size, call)
						}
						used[[2]int{call, at}] = b
					}
				}
			}
		}
	}
}

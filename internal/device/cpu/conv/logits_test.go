package conv

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"r2unet/internal/device/cpu/isa"
)

// TestLogitsAreThoseOfTiles compares the kernel of logits bit by bit with tiles of sixteen channels.
func TestLogitsAreThoseOfTiles(t *testing.T) {
	for _, set := range isa.Available() {
		if k := kernelsOf(set).exact; k == nil || k.logits == nil {
			continue
		}
		for _, s := range []size{
			{n: 2, in: 16, out: 1, h: 5, w: 8},
			{n: 1, in: 48, out: 3, h: 9, w: 19},
			{n: 3, in: 16, out: 4, h: 48, w: 48},
			{n: 1, in: 30, out: 2, h: 70, w: 47},
		} {
			for _, bias := range []bool{false, true} {
				r := rand.New(rand.NewPCG(uint64(s.w), 12))
				x, w := newFeature(r, s.n, s.in, s.h, s.w, false), randomWeights(r, s.in*s.out)
				a := &Args{X: x.data, Bias: randomWeights(r, lanes)}
				var maps [2]feature
				for i := range maps {
					maps[i] = emptyFeature(s.n, s.out, s.h, s.w, false)
					f := must[*Forward](t)(NewForward(set, Float32, x.m, maps[i].m, 1, Epilogue{Bias: bias}))
					if !f.logits {
						t.Fatalf("%v, %v: the plan has no kernel of logits", set, s)
					}
					f.logits = i == 1
					a.Z = maps[i].data
					run(f, a, w)
				}
				sameBits(t, fmt.Sprint(set, s, bias), maps[1].data, maps[0].data)
			}
		}
	}
}

// TestLogitsOfEightChannelsAreExact: sums in float64, rounded once.
func TestLogitsOfEightChannelsAreExact(t *testing.T) {
	for _, set := range isa.Available() {
		if kernelsOf(set).half.logits == nil {
			continue
		}
		for _, s := range []size{
			{n: 2, in: 8, out: 1, h: 5, w: 8}, {n: 1, in: 8, out: 3, h: 9, w: 19}, {n: 1, in: 8, out: 4, h: 70, w: 47},
		} {
			r := rand.New(rand.NewPCG(uint64(s.w), 13))
			x, w := newFeature(r, s.n, s.in, s.h, s.w, false), randomWeights(r, s.in*s.out)
			z := emptyFeature(s.n, s.out, s.h, s.w, false)
			f := must[*Forward](t)(NewForward(set, Float32, x.m, z.m, 1, Epilogue{}))
			if !f.logits {
				t.Fatalf("%v, %v: the plan has no kernel of logits", set, s)
			}
			run(f, &Args{X: x.data, Z: z.data}, w)
			want := naive(x, s.out, 1, func(o, i, _, _ int) float32 { return w[o*s.in+i] })
			if err := z.compare(t, fmt.Sprint(set, s), want); err > 6e-8 {
				t.Errorf("%v, %v: relative error %.1e", set, s, err)
			}
		}
		x, z := newFeature(rand.New(rand.NewPCG(6, 13)), 1, 6, 9, 19, false), emptyFeature(1, 1, 9, 19, false)
		if f := must[*Forward](t)(NewForward(set, Float32, x.m, z.m, 1, Epilogue{})); f.logits {
			t.Errorf("%v: a kernel of eight channels reads weights of six", set)
		}
	}
}

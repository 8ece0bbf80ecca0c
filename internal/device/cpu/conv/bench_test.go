package conv

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/device/cpu/layout"
)

// levels are the convolutions of a network of 16–128 channels on a batch of 32 of 48×48.
var levels = []size{
	{n: 32, in: 16, out: 16, h: 48, w: 48},
	{n: 32, in: 32, out: 32, h: 24, w: 24},
	{n: 32, in: 64, out: 64, h: 12, w: 12},
	{n: 32, in: 128, out: 128, h: 6, w: 6},
	{n: 32, in: 32, out: 16, h: 48, w: 48},
	{n: 32, in: 64, out: 32, h: 24, w: 24},
	{n: 32, in: 128, out: 64, h: 12, w: 12},
	{n: 32, in: 1, out: 16, h: 48, w: 48},
	{n: 1, in: 16, out: 16, h: 256, w: 256},
}

// chosen returns the instruction set that the environment names, or the best.
func chosen(b *testing.B) isa.Set {
	b.Helper()
	set, err := isa.Choose()
	if err != nil {
		b.Fatal(err)
	}
	return set
}

// precision is that of benchmarks: R2UNET_BENCH_PRECISION=bf16 for products of bfloat16.
func precision() Precision {
	if os.Getenv("R2UNET_BENCH_PRECISION") == "bf16" {
		return BFloat16
	}
	return Float32
}

// share runs pieces on threads that take the next piece as soon as they are free.
func share(workers []*Worker, pieces int, do func(piece int, w *Worker)) {
	if len(workers) == 1 {
		for i := range pieces {
			do(i, workers[0])
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for _, w := range workers {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < pieces; i = int(next.Add(1)) - 1 {
				do(i, w)
			}
		})
	}
	group.Wait()
}

// perLevel measures a stage at each level with one and two threads: the fastest of all runs. prepare returns the
// stage's scratch size, and the stage.
func perLevel(b *testing.B, k int,
	prepare func(set isa.Set, s size) (scratch, pieces int, do func(piece int, w *Worker)),
) {
	for _, s := range levels {
		for threads := 1; threads <= 2; threads++ {
			b.Run(fmt.Sprintf("%dx%dx%dx%dx%d/threads=%d", s.n, s.in, s.out, s.h, s.w, threads), func(b *testing.B) {
				scratch, pieces, do := prepare(chosen(b), s)
				var workers []*Worker
				for range threads {
					workers = append(workers, NewWorker(scratch))
				}
				fastest := time.Hour
				for b.Loop() {
					start := time.Now()
					share(workers, pieces, do)
					fastest = min(fastest, time.Since(start))
				}
				flops := 2 * float64(s.n*s.in*s.out*s.h*s.w*k*k)
				b.ReportMetric(flops/fastest.Seconds()/1e9, "GFLOPS")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func BenchmarkForward(b *testing.B) {
	for _, k := range []int{3, 1} {
		b.Run(fmt.Sprintf("%dx%d", k, k), func(b *testing.B) {
			perLevel(b, k, func(set isa.Set, s size) (int, int, func(int, *Worker)) {
				r := rand.New(rand.NewPCG(1, 1))
				x, z := newFeature(r, s.n, s.in, s.h, s.w, false), newFeature(r, s.n, s.out, s.h, s.w, false)
				f, err := NewForward(set, precision(), x.m, z.m, k, Epilogue{Statistics: true})
				if err != nil {
					b.Fatal(err)
				}
				a := &Args{
					X: x.data, Z: z.data, W: make([]float32, f.PackedSize()),
					Sums: make([]float64, f.SumsSize()),
				}
				w := randomWeights(r, s.out*s.in*k*k)
				for i := range f.PackPieces() {
					f.Pack(i, a.W, w)
				}
				return f.ScratchSize(), f.Pieces(), func(piece int, w *Worker) { f.Do(piece, a, w) }
			})
		})
	}
}

func BenchmarkGradData(b *testing.B) {
	perLevel(b, 3, func(set isa.Set, s size) (int, int, func(int, *Worker)) {
		r := rand.New(rand.NewPCG(1, 1))
		dx, dz := newFeature(r, s.n, s.in, s.h, s.w, false), newFeature(r, s.n, s.out, s.h, s.w, false)
		f, err := NewGradData(set, precision(), dz.m, dx.m, 3, dx.m)
		if err != nil {
			b.Fatal(err)
		}
		a := &Args{X: dz.data, Z: dx.data, Addend: dx.data, W: make([]float32, f.PackedSize())}
		return f.ScratchSize(), f.Pieces(), func(piece int, w *Worker) { f.Do(piece, a, w) }
	})
}

func BenchmarkGradUp(b *testing.B) {
	for _, s := range []size{{n: 32, in: 32, out: 16, h: 24, w: 24}, {n: 32, in: 128, out: 64, h: 6, w: 6}} {
		b.Run(fmt.Sprintf("%dx%dx%dx%dx%d", s.n, s.in, s.out, s.h, s.w), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			dx, dy := newFeature(r, s.n, s.in, s.h, s.w, false), newFeature(r, s.n, s.out, 2*s.h, 2*s.w, false)
			f, err := NewUpGradData(chosen(b), precision(), dy.m, dx.m, layout.Map{})
			if err != nil {
				b.Fatal(err)
			}
			a := &Args{X: dy.data, Z: dx.data, W: make([]float32, f.PackedSize())}
			workers := []*Worker{NewWorker(f.ScratchSize())}
			for b.Loop() {
				share(workers, f.Pieces(), func(piece int, w *Worker) { f.Do(piece, a, w) })
			}
			b.ReportMetric(8*float64(s.n*s.in*s.out*s.h*s.w)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
		})
	}
}

func BenchmarkGradWeight(b *testing.B) {
	for _, k := range []int{3, 1} {
		b.Run(fmt.Sprintf("%dx%d", k, k), func(b *testing.B) {
			perLevel(b, k, func(set isa.Set, s size) (int, int, func(int, *Worker)) {
				r := rand.New(rand.NewPCG(1, 1))
				x, dz := newFeature(r, s.n, s.in, s.h, s.w, false), newFeature(r, s.n, s.out, s.h, s.w, false)
				g, err := NewGradWeight(set, precision(), dz.m, x.m, k)
				if err != nil {
					b.Fatal(err)
				}
				a := &GradArgs{DZ: dz.data, X: x.data, Partials: make([]float32, g.PartialsSize())}
				return g.ScratchSize(), g.Pieces(), func(piece int, w *Worker) { g.Do(piece, a, w) }
			})
		})
	}
}

func BenchmarkUp(b *testing.B) {
	for _, s := range []size{{n: 32, in: 32, out: 16, h: 24, w: 24}, {n: 32, in: 128, out: 64, h: 6, w: 6}} {
		b.Run(fmt.Sprintf("%dx%dx%dx%dx%d", s.n, s.in, s.out, s.h, s.w), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			x, y := newFeature(r, s.n, s.in, s.h, s.w, false), newFeature(r, s.n, s.out, 2*s.h, 2*s.w, false)
			f, err := NewUpForward(chosen(b), precision(), x.m, y.m, true)
			if err != nil {
				b.Fatal(err)
			}
			a := &Args{
				X: x.data, Z: y.data, W: make([]float32, f.PackedSize()),
				Bias: make([]float32, blocksOf(s.out)*lanes),
			}
			workers := []*Worker{NewWorker(f.ScratchSize())}
			for b.Loop() {
				share(workers, f.Pieces(), func(piece int, w *Worker) { f.Do(piece, a, w) })
			}
			b.ReportMetric(8*float64(s.n*s.in*s.out*s.h*s.w)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
		})
	}
}

// BenchmarkInCache measures 3×3 convolutions and their weight gradients, one thread, on as many samples as fit into a
// core's caches about: the fastest of all runs.
func BenchmarkInCache(b *testing.B) {
	for _, s := range []size{
		{n: 1, in: 16, out: 16, h: 48, w: 48},
		{n: 1, in: 32, out: 32, h: 24, w: 24},
		{n: 8, in: 64, out: 64, h: 12, w: 12},
		{n: 16, in: 128, out: 128, h: 6, w: 6},
		{n: 16, in: 64, out: 128, h: 6, w: 6},
		{n: 4, in: 128, out: 64, h: 12, w: 12},
	} {
		r := rand.New(rand.NewPCG(1, 1))
		x, z := newFeature(r, s.n, s.in, s.h, s.w, false), newFeature(r, s.n, s.out, s.h, s.w, false)
		measure := func(name string, scratch, pieces int, do func(piece int, w *Worker)) {
			b.Run(fmt.Sprintf("%s/%dx%dx%dx%dx%d", name, s.n, s.in, s.out, s.h, s.w), func(b *testing.B) {
				worker, fastest := NewWorker(scratch), time.Hour
				for b.Loop() {
					start := time.Now()
					for i := range pieces {
						do(i, worker)
					}
					fastest = min(fastest, time.Since(start))
				}
				b.ReportMetric(2*float64(s.n*s.in*s.out*s.h*s.w*9)/fastest.Seconds()/1e9, "GFLOPS")
				b.ReportMetric(0, "ns/op")
			})
		}
		f, err := NewForward(chosen(b), precision(), x.m, z.m, 3, Epilogue{Statistics: true})
		if err != nil {
			b.Fatal(err)
		}
		a := &Args{X: x.data, Z: z.data, W: make([]float32, f.PackedSize()), Sums: make([]float64, f.SumsSize())}
		w := randomWeights(r, s.out*s.in*9)
		for i := range f.PackPieces() {
			f.Pack(i, a.W, w)
		}
		measure("forward", f.ScratchSize(), f.Pieces(), func(piece int, w *Worker) { f.Do(piece, a, w) })
		g, err := NewGradWeight(chosen(b), precision(), z.m, x.m, 3)
		if err != nil {
			b.Fatal(err)
		}
		c := &GradArgs{DZ: z.data, X: x.data, Partials: make([]float32, g.PartialsSize())}
		measure("gradient", g.ScratchSize(), g.Pieces(), func(piece int, w *Worker) { g.Do(piece, c, w) })
	}
}

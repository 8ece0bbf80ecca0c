package model

import (
	"context"
	"math/rand/v2"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device/cpu"
	"r2unet/layers"
)

// BenchmarkTrain measures one Adam step on 32 patches of 48×48; cmd/bench compares it with PyTorch.
func BenchmarkTrain(b *testing.B) {
	for _, c := range []arch.Config{
		{Name: "U-Net", Block: "forward"},
		{Name: "R2U-Net-tied", Block: "recurrent-residual", T: 2, Weights: layers.Tied},
		{Name: "R2U-Net-shared", Block: "recurrent-residual", T: 2},
	} {
		b.Run(c.Name, func(b *testing.B) {
			dev, err := cpu.New(0)
			if err != nil {
				b.Fatal(err)
			}
			defer dev.Close()
			m, err := New(Config{Arch: c, InChannels: 1}, dev)
			if err != nil {
				b.Fatal(err)
			}
			const n, size = 32, 48
			batch := NewBatch(n, 1, size, size)
			random := rand.New(rand.NewPCG(1, 2))
			for i := range batch.Images {
				batch.Images[i], batch.Targets[i] = random.Float32(), float32(random.IntN(2))
			}
			for b.Loop() {
				if _, err := m.Train(context.Background(), batch, 2e-4); err != nil {
					b.Fatal(err)
				}
			}
			seconds := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(n/seconds, "samples/s")
			b.ReportMetric(3*n*m.ForwardFLOPs(size, size)/seconds/1e9, "GFLOPS")
		})
	}
}

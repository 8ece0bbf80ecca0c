package model

import (
	"testing"

	"r2unet/arch"
	"r2unet/internal/device/ref"
)

// BenchmarkCompile builds, differentiates, lowers and plans the training graph of R2U-Net with t = 3.
func BenchmarkCompile(b *testing.B) {
	c := Config{Arch: arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 3}, InChannels: 1}
	m, err := New(c, ref.New[float32]())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		g, err := m.compile(shape{train, 1, 48, 48})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(g.machine.Calls())), "calls")
		b.ReportMetric(float64(g.machine.Program().Bytes())/(1<<20), "MiB/sample")
	}
}

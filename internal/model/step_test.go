package model

import (
	"context"
	"math"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/ref"
	"r2unet/layers"
)

// TestLargeBatchAgreesWithRef: a batch of many samples is scheduled differently from the two of the golden cases,
// sample by sample through several calls. Each gradient must still be that of ref; the tolerance allows for values at
// the kink of a ReLU, whereas a lost term causes an error of about 1.
func TestLargeBatchAgreesWithRef(t *testing.T) {
	for _, a := range []arch.Config{
		{Name: "U-Net", Block: "forward"},
		{Name: "RU-Net", Block: "recurrent", T: 2, Norm: layers.NormNone},
		{Name: "R2U-Net", Block: "recurrent-residual", T: 3},
		{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Weights: layers.Tied},
		{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Weights: layers.Tied, Norm: layers.NormNone},
	} {
		a.Channels = []int{16, 32, 40}
		const n, h, w = 8, 16, 24
		learnt := batch(9, n, 1, h, w)
		for i, v := range learnt.Images { // something to learn, so that gradients do not cancel
			learnt.Targets[i] = float32(math.Round(float64(v)))
		}
		gradients := func(dev device.Device) (*Model, []float32) {
			m := newModel(t, Config{Arch: a, InChannels: 1, Seed: 4, InitialGain: 0.4}, dev)
			if _, err := m.Train(context.Background(), learnt, 0); err != nil {
				t.Fatal(err)
			}
			grads := make([]float32, m.Parameters())
			if err := dev.Read(grads, m.grads.Buffer); err != nil {
				t.Fatal(err)
			}
			return m, grads
		}
		m, want := gradients(ref.New[float32]())
		for _, threads := range []int{1, 2} {
			dev, err := cpu.New(threads)
			if err != nil {
				t.Fatal(err)
			}
			_, got := gradients(dev)
			for _, p := range m.params.Trainable {
				var difference, norm float64
				for i := p.Offset; i < p.Offset+p.Elements(); i++ {
					difference += math.Pow(float64(got[i])-float64(want[i]), 2)
					norm += math.Pow(float64(want[i]), 2)
				}
				if math.Sqrt(difference) > 0.2*math.Sqrt(norm)+1e-7 {
					t.Errorf("%s %s %s, %d threads: gradient of %s is off by %.2g of its norm",
						a.Name, a.Weights, a.Norm, threads, p.Name, math.Sqrt(difference/norm))
				}
			}
			dev.Close()
		}
	}
}

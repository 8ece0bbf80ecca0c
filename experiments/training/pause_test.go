package training

import (
	"fmt"
	"testing"
	"time"

	"r2unet/arch"
	"r2unet/internal/checkpoint"
	"r2unet/internal/device/cpu"
	"r2unet/internal/durable"
	"r2unet/internal/model"
)

// BenchmarkPauseOfACheckpoint measures how long training pauses while its state is copied for a checkpoint. The longest
// pause should be below 50 ms.
func BenchmarkPauseOfACheckpoint(b *testing.B) {
	for _, c := range []arch.Config{
		{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Channels: []int{16, 32, 64, 128}},
		{Name: "U-Net", Block: "forward", Channels: []int{64, 128, 256, 512, 1024}},
	} {
		b.Run(fmt.Sprint(c.Name, c.Channels), func(b *testing.B) {
			dev, err := cpu.New(0)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = dev.Close() }()
			net, err := model.New(model.Config{Arch: c, InChannels: 3, Seed: 1}, dev)
			if err != nil {
				b.Fatal(err)
			}
			t := Trainer{Net: net, Now: time.Now}
			t.Saver = NewSaver(Store{durable.OS, b.TempDir(), Identity{Config: testRun}}, 0, time.Now,
				func(text string) { b.Error(text) })
			if err := t.begin(); err != nil {
				b.Fatal(err)
			}
			var longest time.Duration
			for b.Loop() {
				start := time.Now()
				if err := t.checkpoint(b.Context()); err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(start))
				b.StopTimer()
				if err := t.Saver.Wait(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(net.Parameters())/1e6, "Mparameters")
			b.ReportMetric(longest.Seconds()*1e3, "ms-longest")
		})
	}
}

// BenchmarkSave measures how long stopping waits for the last checkpoint.
func BenchmarkSave(b *testing.B) {
	for _, values := range []int{1 << 20, 31 << 20} {
		b.Run(fmt.Sprint(values>>20, "M"), func(b *testing.B) {
			snap := Snapshot{Tensors: []checkpoint.Tensor{
				{Name: "w", Shape: []int{values}, Data: make([]float32, values)},
				{Name: "adam.m.w", Shape: []int{values}, Data: make([]float32, values)},
				{Name: "adam.v.w", Shape: []int{values}, Data: make([]float32, values)},
			}}
			s := NewSaver(Store{durable.OS, b.TempDir(), Identity{Config: testRun}}, time.Hour, time.Now,
				func(text string) { b.Error(text) })
			for b.Loop() {
				if err := s.Final(snap); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(12 * values))
		})
	}
}

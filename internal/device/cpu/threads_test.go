package cpu_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/cpu/conv"
	"r2unet/internal/device/cpu/isa"
	"r2unet/internal/model"
	"r2unet/layers/losses"
)

// trainer trains a small R2U-Net, with all kinds of calls, on one random batch of two or more classes.
func trainer(t *testing.T, threads, classes int) (step func() float64) {
	t.Helper()
	return trainerOn(t, cpu.New, threads, classes, 8, 20)
}

// trainerOn is a trainer on a device of some precision, with n square images of some size.
func trainerOn(
	t *testing.T, open func(threads int) (device.Device, error), threads, classes, n, size int,
) (step func() float64) {
	t.Helper()
	dev, err := open(threads)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	loss := losses.Sum{{Factor: 1, Name: "bce"}}
	if classes > 2 {
		loss = losses.Sum{{Factor: 1, Name: "cross-entropy"}, {Factor: 1, Name: "dice"}}
	}
	m, err := model.New(model.Config{
		Arch:       arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Channels: []int{16, 24, 40}},
		InChannels: 3, Classes: classes, Loss: loss, Seed: 5,
	}, dev)
	if err != nil {
		t.Fatal(err)
	}
	batch := model.NewBatch(n, 3, size, size)
	random := rand.New(rand.NewPCG(3, 4))
	for i := range batch.Images {
		batch.Images[i] = random.Float32()
	}
	for i := range batch.Targets {
		batch.Targets[i] = float32(random.IntN(classes))
	}
	return func() float64 {
		metrics, err := m.Train(context.Background(), batch, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		return metrics.Loss
	}
}

func TestTwentyStepsGiveTheSameBitsWithAnyNumberOfThreads(t *testing.T) {
	for _, classes := range []int{2, 3, 6} {
		t.Run(fmt.Sprintf("%d classes", classes), func(t *testing.T) { compareThreads(t, classes) })
	}
}

func compareThreads(t *testing.T, classes int) {
	var want []uint64
	for _, threads := range []int{1, 2, 3, 8} {
		step := trainer(t, threads, classes)
		var losses []uint64
		steps := 20
		if testing.Short() {
			steps = 3
		}
		for range steps {
			losses = append(losses, math.Float64bits(step()))
		}
		if want == nil {
			want = losses
		}
		if at := slices.Compare(losses, want); at != 0 {
			t.Errorf("%d threads: losses %x, with 1 thread %x", threads, losses, want)
		}
	}
}

// TestFewLargeImagesGiveTheSameBitsWithAnyNumberOfThreads: workers share the rows of an image.
func TestFewLargeImagesGiveTheSameBitsWithAnyNumberOfThreads(t *testing.T) {
	for _, images := range []int{1, 3} {
		var want []float64
		for _, threads := range []int{1, 2, 5} {
			step := trainerOn(t, cpu.New, threads, 2, images, 132)
			losses := []float64{step(), step(), step()}
			if want == nil {
				want = losses
			}
			if !slices.Equal(losses, want) {
				t.Errorf("%d images, %d threads: losses %v, with 1 thread %v", images, threads, losses, want)
			}
		}
	}
}

// TestStepsInBF16GiveTheSameBitsWithAnyNumberOfThreads, and losses beside those of float32, but not the same.
func TestStepsInBF16GiveTheSameBitsWithAnyNumberOfThreads(t *testing.T) {
	steps, many := 20, []int{2, 3, 8}
	if testing.Short() {
		steps = 3
	}
	if set, err := isa.Choose(); err != nil {
		t.Fatal(err)
	} else if !conv.HasBF16(set) { // plain Go takes a second a step, and twenty under the race detector
		steps, many = 2, []int{3}
	}
	run := func(step func() float64) (losses []float64) {
		for range steps {
			losses = append(losses, step())
		}
		return losses
	}
	want := run(trainerOn(t, cpu.NewBF16, 1, 2, 8, 20))
	for _, threads := range many {
		if got := run(trainerOn(t, cpu.NewBF16, threads, 2, 8, 20)); !slices.Equal(got, want) {
			t.Errorf("%d threads: losses %v, with 1 thread %v", threads, got, want)
		}
	}
	for i, fine := range run(trainer(t, 1, 2)) {
		if off := math.Abs(want[i]/fine - 1); off > 0.05 || off == 0 {
			t.Errorf("step %d: loss %v in bf16, %v in fp32", i, want[i], fine)
		}
	}
}

func TestAStepAllocatesNothingButItsResults(t *testing.T) {
	step := trainer(t, 2, 2)
	step()
	if n := testing.AllocsPerRun(5, func() { step() }); n > 20 {
		t.Errorf("a training step makes %v allocations", n)
	}
}

//go:build !race

package gpu

import (
	"context"
	"math"
	"reflect"
	"testing"
	"time"

	"r2unet/arch"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/experiments/training"
	"r2unet/internal/device"
	"r2unet/internal/device/cuda"
	"r2unet/internal/durable"
	"r2unet/internal/model"
)

// waves is a source whose sample is a function of epoch and index.
type waves int

func (n waves) Len() int           { return int(n) }
func (waves) Shape() (c, h, w int) { return 1, 8, 8 }

func (waves) Size(_, _ int) (h, w int) { return 8, 8 }

func (waves) Fill(_ context.Context, epoch, index int, image, target []float32) error {
	for i := range image {
		image[i] = float32(math.Sin(float64(100*epoch + 10*index + i)))
		if target[i] = 0; image[i] > 0.3 {
			target[i] = 1
		}
	}
	return nil
}

// unobserved ignores the progress of training.
type unobserved struct{}

func (unobserved) Stepped(progress.Step)       {}
func (unobserved) EpochEnded(training.History) {}

// TestTrainingWithoutWaitsGivesTheHistoryOfTrainingWithThem runs the training loop of experiments on the device, and
// on the device as if it computed synchronously: histories, sums and states have the same bits.
func TestTrainingWithoutWaitsGivesTheHistoryOfTrainingWithThem(t *testing.T) {
	plain := matrix.Training{Epochs: 2, Batch: 2, LearningRate: 1e-3}
	full := plain
	full.Optimizer, full.WeightDecay, full.ClipNorm, full.Accumulate = "adamw", 0.1, 0.05, 2
	full.Schedule, full.Warmup = "cosine", "2 updates"
	for name, settings := range map[string]matrix.Training{"plain": plain, "with all that changes a step": full} {
		t.Run(name, func(t *testing.T) { compareWithWaits(t, settings) })
	}
}

func compareWithWaits(t *testing.T, settings matrix.Training) {
	run := func(dev device.Device) training.Snapshot {
		net, err := model.New(model.Config{
			Arch: arch.Config{Name: "U-Net", Block: "forward", Channels: []int{3, 5}}, InChannels: 1, Seed: 1,
			Optimizer: settings.Optimizer, WeightDecay: settings.WeightDecay, ClipNorm: settings.ClipNorm,
			Accumulate: settings.Accumulate > 1,
		}, dev)
		if err != nil {
			t.Fatal(err)
		}
		store := training.Store{FS: durable.OS, Dir: t.TempDir()}
		trainer := training.Trainer{
			Net: net, Settings: settings, Train: waves(5),
			Validation: waves(3), Workers: 1,
			Saver:    training.NewSaver(store, time.Hour, time.Now, func(text string) { t.Error(text) }),
			Observer: unobserved{}, Now: time.Now,
		}
		if err := trainer.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		snap, err := trainer.Stopped()
		if err != nil {
			t.Fatal(err)
		}
		if err := trainer.Saver.Wait(); err != nil {
			t.Fatal(err)
		}
		return snap
	}
	type waiting struct{ device.Device } // hides that the device queues
	type keeping struct {
		waiting
		device.Keeper
	}
	got := run(open(t, cuda.Options{}))
	dev := open(t, cuda.Options{})
	want := run(keeping{waiting{dev}, dev})
	if !reflect.DeepEqual(got, want) || len(got.Position.History) != 2 {
		t.Errorf("without waits the run stands at %+v, with them at %+v", got.Position, want.Position)
	}
}

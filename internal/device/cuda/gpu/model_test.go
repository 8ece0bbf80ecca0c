//go:build !race

package gpu

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/cuda"
	"r2unet/internal/device/ref"
	"r2unet/internal/model"
	"r2unet/layers/losses"
)

// trained trains a tiny R2U-Net for three steps on random images and returns the metrics of the steps, a prediction,
// and the state.
func trained(t *testing.T, dev device.Device) ([]model.Metrics, []float32, []model.Tensor) {
	t.Helper()
	return trainedOf(t, dev, 1, 3, 2, 8, 3, 5)
}

// trainedOf is an R2U-Net (t = 2) of these channels after some steps on n random images of size×size.
func trainedOf(t *testing.T, dev device.Device, seed uint64, steps, n, size int,
	channels ...int,
) (metrics []model.Metrics, prediction []float32, state []model.Tensor) {
	t.Helper()
	ctx := context.Background()
	m, err := model.New(model.Config{
		Arch:       arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Channels: channels},
		InChannels: 1, Loss: losses.Sum{{Factor: 1, Name: "bce"}, {Factor: 0.3, Name: "dice"}}, Seed: seed,
	}, dev)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 6))
	batch := model.NewBatch(n, 1, size, size)
	for i := range batch.Images {
		batch.Images[i], batch.Targets[i] = float32(random.NormFloat64()), float32(random.IntN(2))
	}
	for range steps { // no step is waited for
		if err := m.StartTrain(ctx, batch, 2e-4); err != nil {
			t.Fatal(err)
		}
	}
	if metrics, err = m.Collect(true); err != nil {
		t.Fatal(err)
	}
	prediction = make([]float32, n*size*size)
	if err := m.Predict(ctx, prediction, batch); err != nil {
		t.Fatal(err)
	}
	if state, err = m.Tensors(); err != nil {
		t.Fatal(err)
	}
	return metrics, prediction, state
}

func TestTinyNetworkTrainsAndPredictsAsReference(t *testing.T) {
	dev := open(t, cuda.Options{})
	wantMetrics, wantPrediction, wantState := trained(t, ref.New[float64]())
	gotMetrics, gotPrediction, gotState := trained(t, dev)
	for i, want := range wantMetrics {
		got := gotMetrics[i]
		if math.Abs(got.Loss/want.Loss-1) > 1e-5 || math.Abs(got.MSE/want.MSE-1) > 1e-5 ||
			math.Abs(got.Accuracy-want.Accuracy) > 1e-6 {
			t.Errorf("step %d measures %+v, ref %+v", i, got, want)
		}
	}
	near(t, "prediction", gotPrediction, wantPrediction)
	for i, want := range wantState {
		near(t, want.Name, gotState[i].Data, want.Data)
	}
}

// TestStepsWithDecayClippingAndAccumulationAreThoseOfReference: no step is waited for.
func TestStepsWithDecayClippingAndAccumulationAreThoseOfReference(t *testing.T) {
	for _, optimizer := range []string{"adam", "adamw", "sgd"} {
		after := func(dev device.Device) []model.Tensor {
			m, err := model.New(model.Config{
				Arch: arch.Config{Name: "U-Net", Block: "forward", Channels: []int{3, 5}}, InChannels: 1, Seed: 1,
				Optimizer: optimizer, WeightDecay: 0.1, ClipNorm: 0.05, Accumulate: true,
			}, dev)
			if err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(1, 6))
			for step := range 5 { // the state has a batch of the third update
				batch := model.NewBatch(1+step%2, 1, 8, 8)
				for i := range batch.Images {
					batch.Images[i], batch.Targets[i] = float32(random.NormFloat64()), float32(random.IntN(2))
				}
				if err = m.StartAccumulate(t.Context(), batch); step%2 == 1 && err == nil {
					err = m.StartTrain(t.Context(), batch, 2e-3)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			state, err := m.Tensors()
			if err != nil {
				t.Fatal(err)
			}
			return state
		}
		got := after(open(t, cuda.Options{}))
		for i, want := range after(ref.New[float64]()) {
			near(t, optimizer+": "+want.Name, got[i].Data, want.Data)
		}
	}
}

// TestPaperNetworkHasTheGradientsOfReference takes one step of the paper's network; the first moments are then a
// tenth of the gradients. The seed is one with which no pixel stands so near to the edge of a ReLU that rounding
// decides: there a tensor's gradient jumps by up to some percent, in any float32 arithmetic.
func TestPaperNetworkHasTheGradientsOfReference(t *testing.T) {
	if simulated && !*full {
		t.Skip("give -full to simulate the paper's network")
	}
	const seed = 3
	moments := func(dev device.Device) []model.Tensor {
		_, _, state := trainedOf(t, dev, seed, 1, 1, 32, arch.PaperChannels()...)
		return state
	}
	dev := open(t, cuda.Options{})
	want, got := moments(ref.New[float64]()), moments(dev)
	for i, w := range want {
		if strings.HasPrefix(w.Name, "adam.m.") {
			near(t, w.Name, got[i].Data, w.Data)
		}
	}
}

// near compares whole tensors, as ‖a − b‖/‖b‖, which may be 1e-4.
func near(t *testing.T, name string, got, want []float32) {
	t.Helper()
	const tolerance = 1e-4
	var distance, size float64
	for i, v := range want {
		distance += math.Pow(float64(got[i])-float64(v), 2)
		size += math.Pow(float64(v), 2)
	}
	distance, size = math.Sqrt(distance), math.Sqrt(size)
	if !(distance <= tolerance*size || distance < 1e-6) {
		t.Errorf("%s is %.3g away, allowed is %.3g", name, distance/size, tolerance)
	}
}

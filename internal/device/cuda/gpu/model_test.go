//go:build !race

package gpu

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/cuda"
	"r2unet/internal/device/ref"
	"r2unet/internal/model"
	"r2unet/layers"
)

// trained is a tiny R2U-Net after some steps on random images: what the steps measured, a prediction, and its state.
func trained(t *testing.T, dev device.Device, steps int) (metrics []model.Metrics, prediction []float32, state []model.Tensor) {
	t.Helper()
	ctx := context.Background()
	const n, size = 2, 8
	m, err := model.New(model.Config{
		Arch:       arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Channels: []int{3, 5}},
		InChannels: 1, Loss: layers.LossWeights{BCE: 1, Dice: 0.3}, Seed: 1,
	}, dev)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	images, targets := make([]float32, n*size*size), make([]float32, n*size*size)
	for i := range images {
		images[i], targets[i] = float32(random.NormFloat64()), float32(random.IntN(2))
	}
	for range steps {
		s, err := m.Train(ctx, images, targets, n, size, size, 2e-4)
		if err != nil {
			t.Fatal(err)
		}
		metrics = append(metrics, s)
	}
	prediction = make([]float32, n*size*size)
	if err := m.Predict(ctx, prediction, images, n, size, size); err != nil {
		t.Fatal(err)
	}
	if state, err = m.Tensors(); err != nil {
		t.Fatal(err)
	}
	return metrics, prediction, state
}

func TestTinyNetworkTrainsAndPredictsAsReference(t *testing.T) {
	dev := open(t, cuda.Options{})
	const steps = 3
	wantMetrics, wantPrediction, wantState := trained(t, ref.New[float64](), steps)
	gotMetrics, gotPrediction, gotState := trained(t, dev, steps)
	for i, want := range wantMetrics {
		got := gotMetrics[i]
		if math.Abs(got.Loss/want.Loss-1) > 1e-5 || math.Abs(got.MSE/want.MSE-1) > 1e-5 || math.Abs(got.Accuracy-want.Accuracy) > 1e-6 {
			t.Errorf("step %d measures %+v, ref %+v", i, got, want)
		}
	}
	near(t, "prediction", gotPrediction, wantPrediction, 1e-4)
	for i, want := range wantState {
		near(t, want.Name, gotState[i].Data, want.Data, 1e-4)
	}
}

// near compares whole tensors, as ‖a − b‖/‖b‖.
func near(t *testing.T, name string, got, want []float32, tolerance float64) {
	t.Helper()
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

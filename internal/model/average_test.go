package model

import (
	"math"
	"testing"

	"r2unet/arch"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/ref"
)

// TestAverageIsPyTorchs: the numbers are those of testdata/average.py.
func TestAverageIsPyTorchs(t *testing.T) {
	for _, c := range []struct{ decay, weight, statistic float64 }{
		{0.8, -0.20579046610034046, 0.09583709174374072},
		{0.99, -0.1556562602228993, 0.059507196638706045},
	} {
		weight, statistic := 0.0, 1.0
		for k := 1; k <= 50; k++ {
			weight = towards(share(c.decay, k), weight, math.Sin(float64(k)))
			statistic = towards(share(c.decay, k), statistic, math.Cos(float64(k)))
		}
		if math.Abs(weight-c.weight) > 1e-14 || math.Abs(statistic-c.statistic) > 1e-14 {
			t.Errorf("decay %g: %.17g and %.17g, PyTorch has %.17g and %.17g",
				c.decay, weight, statistic, c.weight, c.statistic)
		}
	}
}

// averaging returns a small network with batch norm and a moving average.
func averaging() Config {
	return Config{
		Arch:       arch.Config{Name: "U-Net", Block: "forward", Norm: "batch", Channels: []int{4, 8}},
		InChannels: 1, Seed: 3, Average: 0.8,
	}
}

func trainSteps(t *testing.T, m *Model, from, to int, each func()) {
	t.Helper()
	for i := from; i < to; i++ {
		if _, err := m.Train(t.Context(), batch(uint64(i), 2, 1, 8, 8), 0.01); err != nil {
			t.Fatal(err)
		}
		each()
	}
}

// TestAverageFollowsTheWeights: the average of weights and running statistics is that of a loop on the host, training
// itself has the bits of training without, and a resumed network goes on with the same bits.
func TestAverageFollowsTheWeights(t *testing.T) {
	fast, err := cpu.New(2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fast.Close() }()
	for name, dev := range map[string]device.Device{"cpu": fast, "ref": ref.New[float32]()} {
		t.Run(name, func(t *testing.T) {
			config := averaging()
			plain := config
			plain.Average = 0
			m, without := newModel(t, config, dev), newModel(t, plain, dev)
			want := map[string][]float32{}
			for _, w := range Weights(stateOf(t, without)) {
				want[w.Name] = w.Data
			}
			k := 0
			trainSteps(t, without, 0, 20, func() {
				k++
				n := float64(float32(share(config.Average, k)))
				for _, w := range Weights(stateOf(t, without)) {
					for i, v := range w.Data {
						want[w.Name][i] = float32(towards(n, float64(want[w.Name][i]), float64(v)))
					}
				}
			})
			trainSteps(t, m, 0, 20, func() {})
			state := stateOf(t, m)
			for _, w := range Weights(state) {
				for i, v := range w.Data {
					if math.Float32bits(v) != math.Float32bits(want[w.Name][i]) {
						t.Fatalf("%s[%d] = %g in the average, want %g", w.Name, i, v, want[w.Name][i])
					}
				}
			}
			if len(Weights(state)) != len(want) {
				t.Errorf("averages of %d tensors, want %d", len(Weights(state)), len(want))
			}
			if own := stateOf(t, without); !sameBits(state[:len(own)-1], own[:len(own)-1]) {
				t.Error("the average changed what is trained")
			}
			resumed := newModel(t, config, dev)
			half := newModel(t, config, dev)
			trainSteps(t, half, 0, 7, func() {})
			if err := resumed.Restore(stateOf(t, half)); err != nil {
				t.Fatal(err)
			}
			trainSteps(t, resumed, 7, 20, func() {})
			if !sameBits(stateOf(t, resumed), state) {
				t.Error("the resumed network differs")
			}
		})
	}
}

// TestAverageIsWhatIsTested: evaluation and prediction of an averaging network are those of a network that has the
// averages as weights, and restoring weights alone makes them the average.
func TestAverageIsWhatIsTested(t *testing.T) {
	dev := ref.New[float32]()
	config := averaging()
	m := newModel(t, config, dev)
	trainSteps(t, m, 0, 5, func() {})
	weights := Weights(stateOf(t, m))
	plain := config
	plain.Average = 0
	b := batch(77, 2, 1, 8, 8)
	want, err := m.Evaluate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	probabilities := make([]float32, 2*8*8)
	if err := m.Predict(t.Context(), probabilities, b); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Config{plain, config} {
		other := newModel(t, c, dev)
		if err := other.Restore(weights); err != nil {
			t.Fatal(err)
		}
		if got, err := other.Evaluate(t.Context(), b); err != nil || got != want {
			t.Errorf("average %g: %+v (%v), want %+v", c.Average, got, err, want)
		}
		got := make([]float32, len(probabilities))
		if err := other.Predict(t.Context(), got, b); err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if got[i] != probabilities[i] {
				t.Fatalf("average %g: probability %d is %g, want %g", c.Average, i, got[i], probabilities[i])
			}
		}
	}
	own := newModel(t, plain, dev)
	trainSteps(t, own, 0, 5, func() {})
	if got, err := own.Evaluate(t.Context(), b); err != nil || got == want {
		t.Errorf("the weights themselves give the metrics of their average, %+v (%v)", got, err)
	}
}

//go:build !race

package gpu

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/internal/checkpoint"
	"r2unet/internal/device/cuda"
	"r2unet/internal/model"
	"r2unet/layers"
)

// TestGoldenNetworksTrainAsInPyTorch starts each golden network from its weights, takes the three Adam steps that PyTorch
// took in float64, and compares losses, weights and running statistics, and the evaluation after them. The first of the
// four train-mode passes that the running statistics have seen is a step at rate 0. GOLDEN_NETWORKS names another folder.
func TestGoldenNetworksTrainAsInPyTorch(t *testing.T) {
	folder := os.Getenv("GOLDEN_NETWORKS")
	if folder == "" {
		folder = "../../../model/testdata/golden"
	}
	pattern := "*.safetensors"
	if simulated && !*full {
		pattern = "r2unet_t2_shared_batch.safetensors"
	}
	paths, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden networks in %s (%v)", folder, err)
	}
	dev := open(t, cuda.Options{})
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".safetensors"), func(t *testing.T) {
			f, err := checkpoint.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := model.New(goldenConfig(t, f.Metadata), dev)
			if err != nil {
				t.Fatal(err)
			}
			trainGolden(t, m, f)
		})
	}
}

func goldenConfig(t *testing.T, meta map[string]string) model.Config {
	t.Helper()
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	blocks := map[string]string{"unet": "forward", "resunet": "residual", "runet": "recurrent", "r2unet": "recurrent-residual"}
	a := arch.Config{Name: meta["arch"], Block: blocks[meta["arch"]], T: number(meta["t"]), Norm: layers.Normalization(meta["norm"])}
	if a.T > 0 {
		a.Weights = layers.Sharing(meta["weights"])
	}
	for c := range strings.SplitSeq(meta["channels"], ",") {
		a.Channels = append(a.Channels, number(c))
	}
	return model.Config{Arch: a, InChannels: number(meta["in_channels"])}
}

func trainGolden(t *testing.T, m *model.Model, f *checkpoint.File) {
	t.Helper()
	ctx := context.Background()
	want := func(name string) checkpoint.Tensor {
		x, ok := f.Tensor(name)
		if !ok {
			t.Fatalf("no tensor %s", name)
		}
		return x
	}
	fresh, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	var start []model.Tensor
	for _, s := range fresh {
		switch {
		case strings.HasPrefix(s.Name, "adam."):
			continue
		case !strings.Contains(s.Name, ".running_"):
			s.Data = want("param." + s.Name).Data
		}
		start = append(start, s)
	}
	if err := m.Restore(start); err != nil {
		t.Fatal(err)
	}
	image, target := want("input"), want("target")
	n, h, w := image.Shape[0], image.Shape[2], image.Shape[3]
	train := func(rate float64) float32 {
		metrics, err := m.Train(ctx, image.Data, target.Data, n, h, w, rate)
		if err != nil {
			t.Fatal(err)
		}
		return float32(metrics.Loss)
	}
	near(t, "loss", []float32{train(0)}, want("loss").Data, 1e-5)
	state, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Restore(withoutMoments(state)); err != nil {
		t.Fatal(err)
	}
	near(t, "losses", []float32{train(2e-4), train(2e-4), train(2e-4)}, want("adam.losses").Data, 1e-5)
	if state, err = m.Tensors(); err != nil {
		t.Fatal(err)
	}
	for _, s := range withoutMoments(state) {
		if strings.Contains(s.Name, ".running_") {
			// 1e-5 in all cases but one, where rounding moves a pixel over the edge of a ReLU
			near(t, s.Name, s.Data, want("buffer."+s.Name).Data, 1e-5)
		} else {
			near(t, s.Name, s.Data, want("adam."+s.Name).Data, 1e-4)
		}
	}
	probabilities := make([]float32, n*h*w)
	if err := m.Predict(ctx, probabilities, image.Data, n, h, w); err != nil {
		t.Fatal(err)
	}
	expected := make([]float32, n*h*w)
	for i, z := range want("eval.logits").Data {
		expected[i] = float32(1 / (1 + math.Exp(-float64(z))))
	}
	near(t, "evaluation", probabilities, expected, 1e-4)
}

func withoutMoments(state []model.Tensor) []model.Tensor {
	var out []model.Tensor
	for _, s := range state {
		if !strings.HasPrefix(s.Name, "adam.") {
			out = append(out, s)
		}
	}
	return out
}

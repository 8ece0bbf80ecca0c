//go:build !race

package gpu

import (
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
	"r2unet/layers/losses"
)

// TestGoldenNetworksTrainAsInPyTorch starts each golden network from its weights, takes the three Adam steps that
// PyTorch took in float64, and compares every quantity.
func TestGoldenNetworksTrainAsInPyTorch(t *testing.T) {
	compareWithPyTorch(t, "golden", "resunet_batch.safetensors")
}

// TestGoldenNetworksOfClassesTrainAsInPyTorch compares networks of three classes.
func TestGoldenNetworksOfClassesTrainAsInPyTorch(t *testing.T) {
	compareWithPyTorch(t, "classes", "unet_batch.safetensors")
}

// compareWithPyTorch compares the networks of a folder below that of the model's test data, or below GOLDEN_NETWORKS; a
// short simulation, one of them.
func compareWithPyTorch(t *testing.T, folder, short string) {
	root := os.Getenv("GOLDEN_NETWORKS")
	if root == "" {
		root = "../../../model/testdata"
	}
	folder = filepath.Join(root, folder)
	pattern := "*.safetensors"
	if simulated && !*full {
		pattern = short
	}
	paths, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden networks in %s (%v)", folder, err)
	}
	dev := open(t, cuda.Options{})
	worst := map[string]float64{}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".safetensors"), func(t *testing.T) {
			f, err := checkpoint.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			far := distances(t, dev, f)
			for _, q := range quantities {
				worst[q.name] = max(worst[q.name], far[q.name])
				if !(far[q.name] <= q.tolerance) {
					t.Errorf("%s: %.3g away, allowed is %.3g", q.name, far[q.name], q.tolerance)
				}
			}
		})
	}
	for _, q := range quantities {
		t.Logf("%d cases, %s: %.1e away at most", len(paths), q.name, worst[q.name])
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
	blocks := map[string]string{
		"unet": "forward", "resunet": "residual", "runet": "recurrent",
		"r2unet": "recurrent-residual",
	}
	a := arch.Config{
		Name: meta["arch"], Block: blocks[meta["arch"]], T: number(meta["t"]),
		Norm: layers.Normalization(meta["norm"]),
	}
	if a.T > 0 {
		a.Weights = layers.Sharing(meta["weights"])
	}
	for c := range strings.SplitSeq(meta["channels"], ",") {
		a.Channels = append(a.Channels, number(c))
	}
	c := model.Config{Arch: a, InChannels: number(meta["in_channels"])}
	if meta["classes"] != "" {
		var err error
		c.Classes = number(meta["classes"])
		if c.Loss, err = losses.Parse(meta["loss"]); err != nil {
			t.Fatal(err)
		}
	}
	return c
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

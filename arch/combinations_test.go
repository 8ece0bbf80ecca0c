package arch_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"testing"

	"r2unet/arch"
	"r2unet/arch/archtest"
	"r2unet/internal/device/cpu"
	"r2unet/internal/model"
	"r2unet/layers"
)

// TestCombinations draws networks with any setting beside any other. Each is either refused by a key, or trains two
// steps and is predicted in tiles as in one pass.
func TestCombinations(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 7))
	count := 160
	if testing.Short() {
		count = 40
	}
	used, refused := map[string]int{}, 0
	for i := range count {
		c := draw(random)
		if err := c.Check(); err != nil {
			if !regexp.MustCompile(`^(skip|up|down|order|deep-supervision|norm) = `).MatchString(err.Error()) {
				t.Errorf("%+v: error without a key: %v", c, err)
			}
			refused++
			continue
		}
		for _, f := range c.Facets() {
			used[f.Key+" = "+f.Value]++
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("%+v", c)
				}
			}()
			trainTwoSteps(t, c)
			archtest.CheckTiles(t, c)
		})
	}
	t.Logf("%d networks, %d refused", count-refused, refused)
	if testing.Short() {
		return
	}
	for key, words := range map[string][]string{
		"block": arch.Blocks(), "skip": arch.Skips(), "style": arch.Styles(), "activation": arch.Activations(),
		"up": layers.Ups(), "down": layers.Downs(), "deep-supervision": {"true"}, "order": {arch.ActivationFirst},
		"norm": {"batch", "instance", "group(groups=2)", "none"}, "dropout": {"channels", "block(size=3)"},
	} {
		for _, word := range words {
			if used[key+" = "+word] < 3 {
				t.Errorf("%s = %s is in %d networks", key, word, used[key+" = "+word])
			}
		}
	}
}

// draw returns a network with any value of each setting.
func draw(random *rand.Rand) arch.Config {
	pick := func(words []string) string { return words[random.IntN(len(words))] }
	c := arch.Config{
		Name: "drawn", Block: pick(arch.Blocks()), Style: pick(arch.Styles()),
		Channels:   [][]int{{2, 4}, {2, 4, 2}, {4, 4, 4}}[random.IntN(3)],
		Norm:       layers.Normalization(pick([]string{"batch", "instance", "group(groups=2)", "none"})),
		Activation: pick(arch.Activations()),
		Dropout:    layers.Dropping(pick([]string{"none", "elements", "channels", "block(size=3)"})),
	}
	if c.Block == "recurrent" || c.Block == "recurrent-residual" {
		c.T = 1 + random.IntN(3)
		c.Weights = layers.Sharing(pick([]string{"shared", "per-step", "tied"}))
	}
	if random.IntN(2) == 0 {
		c.Order = arch.ActivationFirst
	}
	if c.Style != "segnet" || random.IntN(4) == 0 {
		c.Skip, c.Up, c.Down = pick(arch.Skips()), pick(layers.Ups()), pick(layers.Downs())
	}
	c.DeepSupervision = c.Style == "unet++" && random.IntN(2) == 0
	return c.WithDefaults()
}

// trainTwoSteps trains a network on noise: losses are finite, and weights change.
func trainTwoSteps(t *testing.T, c arch.Config) {
	t.Helper()
	dev, err := cpu.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dev.Close() }()
	m, err := model.New(model.Config{Arch: c, InChannels: 3, Seed: 1}, dev)
	if err != nil {
		t.Fatal(err)
	}
	before, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	const n, size = 2, 16
	random := rand.New(rand.NewPCG(1, 2))
	b := model.Batch{
		Images: make([]float32, n*3*size*size), Targets: make([]float32, n*size*size), N: n, C: 3, H: size, W: size,
	}
	for i := range b.Images {
		b.Images[i] = float32(random.NormFloat64())
	}
	for i := range b.Targets {
		b.Targets[i] = float32(random.IntN(2))
	}
	for range 2 {
		metrics, err := m.Train(t.Context(), b, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		if !(metrics.Loss > 0) || math.IsInf(metrics.Loss, 1) {
			t.Fatalf("loss %g", metrics.Loss)
		}
	}
	after, err := m.Tensors()
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for i, tensor := range after {
		if tensor.Data[0] != before[i].Data[0] {
			changed++
		}
	}
	if changed < len(after)/2 {
		t.Errorf("%d of %d tensors changed", changed, len(after))
	}
}

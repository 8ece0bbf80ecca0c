package arch_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"r2unet/arch"
	"r2unet/arch/archtest"
	"r2unet/internal/device"
	"r2unet/internal/device/cpu"
	"r2unet/internal/device/ref"
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
	used, refused, drawn := map[string]int{}, 0, 0
	// more are drawn where others have registered more words
	for i := 0; i < count || !testing.Short() && len(rare(used)) > 0 && i < 10*count; i++ {
		drawn++
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
	t.Logf("%d networks, %d refused", drawn-refused, refused)
	if !testing.Short() && len(rare(used)) > 0 {
		t.Errorf("these are in fewer than three networks: %q", rare(used))
	}
}

// rare returns the settings of which fewer than three networks were built.
func rare(used map[string]int) (settings []string) {
	for key, words := range map[string][]string{
		"block": arch.Blocks(), "skip": arch.Skips(), "style": arch.Styles(), "activation": arch.Activations(),
		"up": layers.Ups(), "down": layers.Downs(), "deep-supervision": {"true"}, "order": {arch.ActivationFirst},
		"norm": {"batch", "instance", "group(groups=2)", "none"}, "dropout": {"channels", "block(size=3)"},
	} {
		for _, word := range words {
			if used[key+" = "+word] < 3 {
				settings = append(settings, key+" = "+word)
			}
		}
	}
	return settings
}

// unrolled reports whether a block needs t.
func unrolled(block string) bool {
	err := arch.Config{Name: "drawn", Block: block}.WithDefaults().Validate()
	return err != nil && strings.HasPrefix(err.Error(), "t = 0")
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
	if unrolled(c.Block) {
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

// TestWholeBlocksOfChannels: networks with as many channels as the blocks of sixteen that kernels on the CPU compute
// with, so that their concatenations are placed and not copied, train there as on the reference device.
func TestWholeBlocksOfChannels(t *testing.T) {
	fast, err := cpu.New(2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fast.Close() }()
	for _, c := range []arch.Config{
		lwnet("wnet", 16, 32),
		{Block: "dense", Channels: []int{32, 32}},
		{Block: "forward", Style: "unet++", Channels: []int{16, 16, 32}, Skip: "bridge", DeepSupervision: true},
		{Block: "recurrent-residual", T: 1, Style: "segnet", Channels: []int{16, 32}, Norm: "group"},
		{Block: "squeeze-excitation", Channels: []int{16, 32}, Skip: "attention", Down: "strided", Up: "bilinear"},
		{Block: "separable", Channels: []int{32, 16}, Down: "average", Dropout: "block(size=3)", Activation: "silu"},
	} {
		c.Name = "wide"
		for _, classes := range []int{2, 3} {
			got, want := steps(t, c, classes, fast), steps(t, c, classes, ref.New[float32]())
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-4*math.Abs(want[i]) {
					t.Errorf("%+v, %d classes: loss %d is %g, on the reference device %g",
						c, classes, i, got[i], want[i])
				}
			}
		}
	}
}

// trainTwoSteps trains a network for two steps on the CPU.
func trainTwoSteps(t *testing.T, c arch.Config) {
	t.Helper()
	dev, err := cpu.New(1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dev.Close() }()
	steps(t, c, 2, dev)
}

// steps trains a network for two steps on noise: losses, which it returns, are finite, and weights change. The third
// loss is that in evaluation.
func steps(t *testing.T, c arch.Config, classes int, dev device.Device) []float64 {
	t.Helper()
	m, err := model.New(model.Config{Arch: c, InChannels: 3, Classes: classes, Seed: 1}, dev)
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
		b.Targets[i] = float32(random.IntN(classes))
	}
	var losses []float64
	for range 2 {
		metrics, err := m.Train(t.Context(), b, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, metrics.Loss)
	}
	metrics, err := m.Evaluate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	losses = append(losses, metrics.Loss)
	for _, loss := range losses {
		if !(loss > 0) || math.IsInf(loss, 1) {
			t.Fatalf("losses %g", losses)
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
	return losses
}

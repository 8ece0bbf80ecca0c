// Package benchmark measures how fast networks train and predict on a device, with the same numbers as the PyTorch
// reference prints, so that both can stand side by side.
package benchmark

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"r2unet/arch"
	"r2unet/layers"
)

// Case is one network on one batch of images.
type Case struct {
	// Arch is the reference's name of the network: "unet", "resunet", "runet" or "r2unet".
	Arch string
	// T and Weights are the recurrent steps, without effect for the first two.
	T       int
	Weights string
	// Batch images of Height×Width pixels with Channels channels.
	Batch, Channels, Height, Width int
	// Widths are the channels of the encoder's levels; nil means the paper's.
	Widths []int
	// Matrix is a TOML file with [[architecture]]s, of which Network is measured in place of Arch; "" = none.
	Matrix, Network string
}

var blocks = map[string]string{
	"unet": "forward", "resunet": "residual", "runet": "recurrent", "r2unet": "recurrent-residual",
}

// config is the architecture of the case.
func (c Case) config() (arch.Config, error) {
	a, err := c.architecture()
	if err != nil {
		return arch.Config{}, err
	}
	if c.Widths != nil {
		a.Channels = c.Widths
	}
	a = a.WithDefaults()
	if err := a.Validate(); err != nil {
		return arch.Config{}, err
	}
	if c.Batch < 1 || c.Height < 1 || c.Width < 1 {
		return arch.Config{}, fmt.Errorf("a batch of %d images of %d×%d pixels: all must be at least 1",
			c.Batch, c.Width, c.Height)
	}
	return a, nil
}

// architecture is the network as it is written down: by -arch, -t and -weights, or in a TOML file.
func (c Case) architecture() (arch.Config, error) {
	if c.Matrix != "" {
		return named(c.Matrix, c.Network)
	}
	block, ok := blocks[c.Arch]
	if !ok {
		return arch.Config{}, fmt.Errorf("-arch %q: expected unet, resunet, runet or r2unet", c.Arch)
	}
	a := arch.Config{Name: c.Arch, Block: block}
	if c.recurrent() {
		a.T, a.Weights = c.T, layers.Sharing(c.Weights)
	}
	return a, nil
}

// named returns the architecture of that name in a TOML file, with its t where several have the name.
func named(path, name string) (arch.Config, error) {
	all, names, err := read(path)
	if err != nil {
		return arch.Config{}, err
	}
	if i := slices.Index(names, name); i >= 0 {
		return all[i], nil
	}
	return arch.Config{}, fmt.Errorf("-network %q: %s has %q", name, path, names)
}

// Networks returns the names by which Case.Network can name the architectures of a TOML file.
func Networks(path string) ([]string, error) {
	_, names, err := read(path)
	return names, err
}

// read returns the architectures of a TOML file, whose other keys are not looked at, and their names.
func read(path string) (all []arch.Config, names []string, err error) {
	var matrix struct {
		Architecture []arch.Config `toml:"architecture"`
	}
	if _, err := toml.DecodeFile(path, &matrix); err != nil {
		return nil, nil, fmt.Errorf("-config %s: %w", path, err)
	}
	often := map[string]int{}
	for _, a := range matrix.Architecture {
		often[a.Name]++
	}
	for _, a := range matrix.Architecture {
		name := a.Name
		if often[name] > 1 {
			name = fmt.Sprintf("%s t=%d", name, a.T)
		}
		names = append(names, name)
	}
	return matrix.Architecture, names, nil
}

// Widths reads the channels of encoder levels, "64,128,256".
func Widths(text string) (widths []int, err error) {
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("%q: expected numbers with commas in between, such as 64,128,256,512", text)
		}
		widths = append(widths, n)
	}
	return widths, nil
}

func (c Case) recurrent() bool { return c.Arch == "runet" || c.Arch == "r2unet" }

// Table is the cases that the project's goals are set for.
func Table() []Case {
	patch := func(arch string, t int, weights string) Case {
		return Case{Arch: arch, T: t, Weights: weights, Batch: 32, Channels: 1, Height: 48, Width: 48}
	}
	return []Case{
		patch("unet", 2, "shared"),
		patch("resunet", 2, "shared"),
		patch("runet", 2, "tied"),
		patch("r2unet", 2, "tied"),
		patch("r2unet", 2, "shared"),
		patch("r2unet", 3, "shared"),
		{Arch: "r2unet", T: 2, Weights: "tied", Batch: 4, Channels: 3, Height: 256, Width: 256},
	}
}

// Row is one measurement. Its fields are those of the reference's JSON lines, and what it does not print.
type Row struct {
	// Peer is what computed: "r2unet go1.26.0" or "torch 1.13.1".
	Peer string `json:"peer"`
	// Layout is PyTorch's memory format.
	Layout  string `json:"layout,omitempty"`
	Arch    string `json:"arch"`
	T       int    `json:"t"`
	Weights string `json:"weights"`
	Batch   int    `json:"batch"`
	// Size is the height in pixels; Width is there where it differs.
	Size   int    `json:"size"`
	Width  int    `json:"width,omitempty"`
	Device string `json:"device"`
	// Computes is the device's description of itself: kernels and threads, or GPU, driver and precision.
	Computes string `json:"computes,omitempty"`
	Threads  int    `json:"threads"`
	Params   int    `json:"params"`
	// ForwardGFLOPPerSample counts multiplications and additions of direct convolutions.
	ForwardGFLOPPerSample float64 `json:"forward_gflop_per_sample"`
	// Samples per second and GFLOPS (3 times the forward operations for a training step) from the median time of a
	// step. Training is left out for sizes that the network cannot train on.
	TrainSamplesPerS float64 `json:"train_samples_per_s,omitempty"`
	TrainGFLOPS      float64 `json:"train_gflops,omitempty"`
	InferSamplesPerS float64 `json:"infer_samples_per_s"`
	InferGFLOPS      float64 `json:"infer_gflops"`
	// QueuedSamplesPerS is of training steps that are started one after the other, as in a training run, on a device
	// that computes beside its caller; the time of all of them counts.
	QueuedSamplesPerS float64 `json:"train_queued_samples_per_s,omitempty"`
	// PeakRSSBytes is the largest memory of the process so far, 0 where the system does not tell.
	PeakRSSBytes int64 `json:"peak_rss_bytes"`
}

func (c Case) row(device string, threads int) Row {
	r := Row{
		Peer: "r2unet " + runtime.Version(), Arch: c.Arch, T: c.T, Weights: c.Weights, Batch: c.Batch, Size: c.Height,
		Device: device, Threads: threads,
	}
	if c.Matrix != "" {
		r.Arch, r.T, r.Weights = c.Network, 0, ""
	}
	if c.Width != c.Height {
		r.Width = c.Width
	}
	return r
}

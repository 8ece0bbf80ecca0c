package datasets

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/augment"
)

// Config is one [[dataset]] table of the TOML matrix: which images, how they are split, and what a sample is. The
// zero value of every key but name is a usable default.
type Config struct {
	Name   string `toml:"name" json:"name"`     // of a registered dataset: see Names
	Folder string `toml:"folder" json:"folder"` // its folder under the data folder; "" = the usual names of that dataset

	Input     string     `toml:"input" json:"input"`             // "grey" (Rec. 601 luminance), "green" or "rgb"; "" = the dataset's usual one
	Crop      string     `toml:"crop" json:"crop"`               // a part of the images that the dataset's file names; "" = whole images
	Window    [2]float64 `toml:"window" json:"window"`           // CT numbers that become 0 and 1, HU; both 0 = the dataset's own
	CLAHE     float64    `toml:"clahe" json:"clahe"`             // clip limit of contrast-limited histogram equalization, 1–40 (2 is usual); 0 = off
	Gamma     float64    `toml:"gamma" json:"gamma"`             // intensities are raised to 1/gamma, 0.1–10; 0 = off
	Normalize string     `toml:"normalize" json:"normalize"`     // "dataset" = mean and deviation of the fold's training images (default), "image", "none"
	Strict    bool       `toml:"strict" json:"strict,omitempty"` // images without label, and labels without image, are an error; otherwise they are left out with a warning
	Observer  int        `toml:"observer" json:"observer"`       // whose labels are the truth: 1 (default) or 2, where there is a second

	LabelThreshold float64 `toml:"label-threshold" json:"label_threshold,omitempty"` // labels and masks of more than two greys: foreground from this share of white on, above 0 to 1 (0.5 is usual); 0 = off, they are an error

	Patch             int    `toml:"patch" json:"patch"`                           // side of a patch, px; 0 = whole images
	Size              int    `toml:"size" json:"size"`                             // images are resized to size×size px first; 0 = native size
	Patches           int    `toml:"patches" json:"patches"`                       // training patches an epoch
	ValidationPatches int    `toml:"validation-patches" json:"validation_patches"` // validation patches, the same ones after each epoch
	Sampling          string `toml:"sampling" json:"sampling"`                     // patch centres: "uniform" over the image (default), "fov", or "balanced" between structure and background
	Draw              string `toml:"draw" json:"draw"`                             // "epoch" = new patches each epoch (default), "once" = one set, in a new order each epoch, as in the paper

	Split      string `toml:"split" json:"split"`                     // "" = the first protocol of the dataset's file, which names others; "kfold"
	Folds      int    `toml:"folds" json:"folds"`                     // number of folds of split = "kfold", at least 2
	SplitSeed  int64  `toml:"split-seed" json:"split_seed,omitempty"` // what is drawn of a split is drawn from it, at least 1; 0 = from the run's seed, so that each seed has a split of its own
	Validation string `toml:"validation" json:"validation"`           // with patches: "patches" of the training images (the paper's tenth; default) or held-out "images"

	Augment augment.Config `toml:"augment" json:"augment"` // changes of training samples

	PhantomImages int `toml:"phantom-images" json:"phantom_images"` // images drawn where the dataset is missing; 0 = as many as the dataset's phantom has

	PhantomShrink int `toml:"phantom-shrink" json:"phantom_shrink"` // their sides are divided by this, for quick trials, 1–8; 0 = the official size

	// Cache is the folder for prepared images and phantoms; "" = results/cache. It does not change any result.
	Cache string `toml:"-" json:"-"`

	// Note is told, one line at a time but from any goroutine, what takes long, and what went wrong without changing
	// a result; nil = nobody.
	Note func(line string) `toml:"-" json:"-"`
}

// defaultCache is where prepared images go unless Config.Cache says otherwise.
const defaultCache = "results/cache"

// Largest sides, px, which keep a typing error from asking for terabytes.
const (
	maxPatch = 4096
	maxSize  = 8192
	maxOrder = 1 << 27 // samples whose order is drawn, 8 bytes each
)

// Validate names the first key whose value is impossible. What depends on the files, such as a patch larger than an
// image, is reported by Open.
func (c Config) Validate() error {
	d, err := Describe(c.Name)
	if err != nil {
		return fmt.Errorf("name = %q: %w", c.Name, err)
	}
	for _, f := range []struct {
		key, value string
		choices    []string
	}{
		{"input", c.Input, d.inputs()},
		{"crop", c.Crop, d.crops()},
		{"normalize", c.Normalize, []string{"", "dataset", "image", "none"}},
		{"sampling", c.Sampling, d.samplings()},
		{"draw", c.Draw, []string{"", "epoch", "once"}},
		{"split", c.Split, append([]string{"", "kfold"}, d.SplitNames()...)},
		{"validation", c.Validation, []string{"", "patches", "images"}},
	} {
		if !slices.Contains(f.choices, f.value) {
			return fmt.Errorf("%s = %q: must be %s for %s", f.key, f.value, alternatives(f.choices), d.Name)
		}
	}
	for _, f := range []struct {
		key            string
		value, low, to int
	}{
		{"patch", c.Patch, 0, maxPatch},
		{"size", c.Size, 0, maxSize},
		{"patches", c.Patches, 0, 1 << 30},
		{"validation-patches", c.ValidationPatches, 0, 1 << 30},
		{"observer", c.Observer, 0, 2},
		{"folds", c.Folds, 0, 1000},
		{"phantom-images", c.PhantomImages, 0, 10000},
		{"phantom-shrink", c.PhantomShrink, 0, 8},
	} {
		if f.value < f.low || f.value > f.to {
			return fmt.Errorf("%s = %d: must be from %d to %d", f.key, f.value, f.low, f.to)
		}
	}
	switch {
	case c.Draw == "once" && c.Patches > maxOrder:
		return fmt.Errorf(`patches = %d: must be at most %d where draw = "once", as they are put in an order`, c.Patches, maxOrder)
	case c.SplitSeed < 0:
		return fmt.Errorf("split-seed = %d: must be at least 1, or 0 for the run's seed", c.SplitSeed)
	case c.Folder != "" && !filepath.IsLocal(c.Folder):
		return fmt.Errorf("folder = %q: must lie below the data folder", c.Folder)
	case checkContrast(c.CLAHE, c.Gamma) != nil:
		return checkContrast(c.CLAHE, c.Gamma)
	case c.LabelThreshold != 0 && !(c.LabelThreshold > 0 && c.LabelThreshold <= 1):
		return fmt.Errorf("label-threshold = %g: must be 0 (off) or a share of white above 0 and at most 1", c.LabelThreshold)
	case c.Window != [2]float64{} && !(c.Window[0] < c.Window[1] && c.Window[0] >= -32768 && c.Window[1] <= 65535):
		return fmt.Errorf("window = [%g, %g]: must be two CT numbers, the smaller first", c.Window[0], c.Window[1])
	case c.Window != [2]float64{} && !d.CT:
		return fmt.Errorf("window = [%g, %g]: %s has no CT numbers", c.Window[0], c.Window[1], d.Name)
	case c.Split == "kfold" && c.Folds < 2:
		return fmt.Errorf(`folds = %d: must be at least 2 where split = "kfold"`, c.Folds)
	case c.Split != "kfold" && c.Folds != 0:
		return fmt.Errorf(`folds = %d: goes with split = "kfold" only`, c.Folds)
	case c.Observer == 2 && !d.SecondObserver:
		return fmt.Errorf("observer = 2: %s has one observer", d.Name)
	case c.Patch > 0 && c.Patches < 1:
		return fmt.Errorf("patches = %d: must be at least 1 where patch = %d", c.Patches, c.Patch)
	case c.Patch == 0 && (c.Patches > 0 || c.ValidationPatches > 0):
		return fmt.Errorf("patch = 0: whole images are trained on, but patches = %d and validation-patches = %d are asked for", c.Patches, c.ValidationPatches)
	case c.Patch == 0 && c.Draw != "":
		return fmt.Errorf("draw = %q: goes with patches only, and patch = 0", c.Draw)
	case c.Patch == 0 && c.Sampling != "":
		return fmt.Errorf("sampling = %q: goes with patches only, and patch = 0", c.Sampling)
	case c.Size > 0 && c.Patch > c.Size:
		return fmt.Errorf("patch = %d: is larger than the images, which size = %d makes %d px", c.Patch, c.Size, c.Size)
	}
	return c.Augment.Validate()
}

// withDefaults fills in what the empty values of keys mean.
func (c Config) withDefaults(d *Description) Config {
	or := func(v *string, fallback string) {
		if *v == "" {
			*v = fallback
		}
	}
	or(&c.Input, d.inputs()[1])
	or(&c.Normalize, "dataset")
	or(&c.Sampling, "uniform")
	or(&c.Draw, "epoch")
	or(&c.Split, d.Splits[0].Name)
	or(&c.Validation, "patches")
	or(&c.Cache, defaultCache)
	if c.Observer == 0 {
		c.Observer = 1
	}
	if c.Window == [2]float64{} {
		c.Window = d.Window
	}
	return c
}

// Channels is the number of channels of a sample: 3 for rgb, 1 otherwise.
func (c Config) Channels() int {
	if c.Input == "rgb" {
		return 3
	}
	if d, err := Describe(c.Name); err == nil && c.Input == "" && d.inputs()[1] == "rgb" {
		return 3
	}
	return 1
}

// alternatives writes choices as `"a", "b" or "c"`; the empty choice, which stands for a default, is left out.
func alternatives(choices []string) string {
	var texts []string
	for _, c := range choices {
		if c != "" {
			texts = append(texts, fmt.Sprintf("%q", c))
		}
	}
	if len(texts) == 0 {
		return "left out"
	}
	last := len(texts) - 1
	if last == 0 {
		return texts[0]
	}
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}

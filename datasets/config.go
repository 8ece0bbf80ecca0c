package datasets

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/augment"
)

// Config is one [[dataset]] table of the TOML matrix: which images, how they are split, and what a sample is. The zero
// value of every key but name is a usable default.
type Config struct {
	// Name is that of a registered dataset (DRIVE, STARE, CHASE_DB1, ISIC2017, Lung) or, with a kind, any other: tables
	// and figures show it.
	Name string `toml:"name" json:"name"`
	// Kind is "folder" for a dataset of the pictures below a folder, as Images and Labels say; "" = a registered one.
	Kind string `toml:"kind" json:"kind,omitempty"`
	// Folder is its folder below the data folder; "" = its name, or the usual names of a registered dataset.
	Folder string `toml:"folder" json:"folder"`

	// Images is where kind = "folder" finds its images, required with it: a path below the dataset's folder, without
	// regard to case. In it, * and ? stand for letters of a name, ** for any folders, {png,jpg} for one of several.
	Images string `toml:"images" json:"images,omitempty"`
	// Labels is where it finds the label of an image, required with it and written like Images. In it, {stem} is the
	// image's name without its ending, {*} what the * in the image's name stands for, and {dir} the folders that the
	// image lies in below those that Images names.
	Labels string `toml:"labels" json:"labels,omitempty"`
	// FOV is where it finds the mask of what counts in an image, written like Labels; "" = all counts.
	FOV string `toml:"fov" json:"fov,omitempty"`
	// Patient is a regular expression whose groups, or whole match, in an image's path name the patient; "" = each
	// image is a patient of its own. Patients are never on two sides of a split.
	Patient string `toml:"patient" json:"patient,omitempty"`
	// Shares are those of the images that train, validate and test with kind = "folder" and split = "holdout", together
	// 1; default [0.7, 0.1, 0.2].
	Shares [3]float64 `toml:"shares" json:"shares,omitzero"`

	// Input is "grey" (Rec. 601 luminance), "green" or "rgb"; "" = the dataset's usual one.
	Input string `toml:"input" json:"input"`
	// Crop is a part of the images that the dataset's file names; "" = whole images.
	Crop string `toml:"crop" json:"crop"`
	// Window is the two values that become 0 and 1 of images of CT numbers, HU; both 0 = the dataset's own.
	Window [2]float64 `toml:"window" json:"window"`
	// CLAHE is the clip limit of contrast-limited histogram equalization, 1–40 (2 is usual); 0 = off.
	CLAHE float64 `toml:"clahe" json:"clahe"`
	// Gamma raises intensities to 1/gamma, 0.1–10; 0 = off.
	Gamma float64 `toml:"gamma" json:"gamma"`
	// Normalize is what intensities are standardized by: mean and deviation of the fold's training images, "dataset"
	// (default), those of the "image" itself, or "none".
	Normalize string `toml:"normalize" json:"normalize"`
	// Strict makes images without label, and labels without image, an error; otherwise they are left out with a
	// warning. With kind = "folder" an image without label is an error always.
	Strict bool `toml:"strict" json:"strict,omitempty"`
	// Observer says whose labels are the truth: 1 (default) or 2, where there is a second.
	Observer int `toml:"observer" json:"observer"`

	// LabelThreshold reads labels and masks of more than two greys: foreground from this share of white on, above 0 to
	// 1 (0.5 is usual); 0 = off, they are an error.
	LabelThreshold float64 `toml:"label-threshold" json:"label_threshold,omitempty"`
	// Classes are the classes of pixels, the background first, where labels have more than a structure and its
	// background, or other values; default: the two of a mask.
	Classes Classes `toml:"classes" json:"classes,omitempty"`
	// Ignore is the value in labels of pixels that count nowhere, as a number or a color; it goes with Classes.
	Ignore Level `toml:"ignore" json:"ignore,omitempty"`

	// Patch is the side of a patch, px; 0 = whole images.
	Patch int `toml:"patch" json:"patch"`
	// Size is what images are resized to first, px; 0 = their own size.
	Size Size `toml:"size" json:"size"`
	// Patches is how many training patches an epoch has, at least 1 with patches; 0 = whole images.
	Patches int `toml:"patches" json:"patches"`
	// ValidationPatches is how many validation patches there are, the same ones after each epoch.
	ValidationPatches int `toml:"validation-patches" json:"validation_patches"`
	// Sampling is where patches have their centres: "uniform" (default) over the image, "fov" in the field of view, or
	// "balanced" between structure and background.
	Sampling string `toml:"sampling" json:"sampling"`
	// LossRegion says where pixels count in training and validation: with "fov" in the field of view alone; "" =
	// everywhere.
	LossRegion string `toml:"loss-region" json:"loss_region,omitempty"`
	// Draw is when patches are drawn: anew in each "epoch" (default), or "once", one set in a new order each epoch, as
	// in the paper.
	Draw string `toml:"draw" json:"draw"`

	// Split is the protocol that divides images into training, validation and test: one of the dataset's, or "kfold";
	// "" = its first protocol. With kind = "folder" that is "folders" where folders are called train, val and test, and
	// else "holdout"; it may also be a CSV file below the dataset's folder with the columns image, part and maybe
	// label, fov and patient.
	Split string `toml:"split" json:"split"`
	// Folds is the number of folds of split = "kfold", at least 2; 0 = no folds.
	Folds int `toml:"folds" json:"folds"`
	// SplitSeed is the seed of what is drawn of a split, at least 1; 0 = the run's seed, so that each seed has a split
	// of its own.
	SplitSeed int64 `toml:"split-seed" json:"split_seed,omitempty"`
	// Validation is what a network trained on patches is validated on: "patches" (default) of the training images, as
	// in the paper, or held-out "images".
	Validation string `toml:"validation" json:"validation"`

	// MeasureAt says where predictions are compared with labels: at the size that the network sees, "network", or, with
	// probabilities resized back, at the images' own, "native"; "" = "network" for a registered dataset and "native"
	// with kind = "folder".
	MeasureAt string `toml:"measure-at" json:"measure_at,omitempty"`

	// Augment is a table of its own: how training samples are changed.
	Augment augment.Config `toml:"augment" json:"augment"`

	// PhantomImages is how many images are drawn where the dataset is missing; 0 = as many as its phantom has.
	PhantomImages int `toml:"phantom-images" json:"phantom_images"`
	// PhantomShrink divides their sides, for quick trials, 1–8; 0 = the official size.
	PhantomShrink int `toml:"phantom-shrink" json:"phantom_shrink"`

	// Cache is the folder for prepared images and phantoms; "" = results/cache. It does not change any result.
	Cache string `toml:"-" json:"-"`

	// Note is told, one line at a time but from any goroutine, what takes long, and what went wrong without changing a
	// result; nil = nobody.
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
	d, err := c.Describe()
	if err != nil {
		return err
	}
	for _, f := range []struct {
		key, value string
		choices    []string
	}{
		{"input", c.Input, d.inputs()},
		{"crop", c.Crop, d.crops()},
		{"normalize", c.Normalize, []string{"", "dataset", "image", "none"}},
		{"sampling", c.Sampling, d.samplings()},
		{"loss-region", c.LossRegion, d.lossRegions()},
		{"draw", c.Draw, []string{"", "epoch", "once"}},
		{"split", c.Split, append([]string{"", "kfold"}, d.SplitNames()...)},
		{"validation", c.Validation, []string{"", "patches", "images"}},
		{"measure-at", c.MeasureAt, []string{"", AtNetwork, AtNative}},
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
		{"patches", c.Patches, 0, 1 << 30},
		{"validation-patches", c.ValidationPatches, 0, 1 << 30},
		{"observer", cmp.Or(c.Observer, 1), 1, 2},
		{"folds", c.Folds, 0, 1000},
		{"phantom-images", c.PhantomImages, 0, 10000},
		{"phantom-shrink", c.PhantomShrink, 0, 8},
	} {
		if f.value < f.low || f.value > f.to {
			return fmt.Errorf("%s = %d: must be from %d to %d", f.key, f.value, f.low, f.to)
		}
	}
	switch {
	case d.Phantom == nil && c.PhantomImages > 0:
		return fmt.Errorf("phantom-images = %d: %s has no phantom", c.PhantomImages, d.Name)
	case d.Phantom == nil && c.PhantomShrink > 0:
		return fmt.Errorf("phantom-shrink = %d: %s has no phantom", c.PhantomShrink, d.Name)
	case c.Draw == "once" && c.Patches > maxOrder:
		return fmt.Errorf(`patches = %d: must be at most %d where draw = "once", as they are put in an order`,
			c.Patches, maxOrder)
	case c.Size.check() != nil:
		return c.Size.check()
	case c.SplitSeed < 0:
		return fmt.Errorf("split-seed = %d: must be at least 1, or 0 for the run's seed", c.SplitSeed)
	case c.Folder != "" && !filepath.IsLocal(c.Folder):
		return fmt.Errorf("folder = %q: must lie below the data folder", c.Folder)
	case checkContrast(c.CLAHE, c.Gamma) != nil:
		return checkContrast(c.CLAHE, c.Gamma)
	case c.LabelThreshold != 0 && !(c.LabelThreshold > 0 && c.LabelThreshold <= 1):
		return fmt.Errorf("label-threshold = %g: must be 0 (off) or a share of white above 0 and at most 1",
			c.LabelThreshold)
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
		return fmt.Errorf("patch = 0: whole images are trained on, but patches = %d and validation-patches = %d are "+
			"asked for", c.Patches, c.ValidationPatches)
	case c.Patch == 0 && c.Draw != "":
		return fmt.Errorf("draw = %q: goes with patches only, and patch = 0", c.Draw)
	case c.Patch == 0 && c.Sampling != "":
		return fmt.Errorf("sampling = %q: goes with patches only, and patch = 0", c.Sampling)
	case c.Size.Set() && c.Patch > min(c.Size.Width, c.Size.Height):
		return fmt.Errorf("patch = %d: is larger than the images, which size = %v makes %d×%d px",
			c.Patch, c.Size, c.Size.Width, c.Size.Height)
	}
	if key := c.Augment.ColourKey(); key != "" && c.Channels() != 3 {
		return fmt.Errorf(`augment.%s: needs input = "rgb"; the input of %s has one channel`, key, d.Name)
	}
	if err := c.checkClasses(); err != nil {
		return err
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
	or(&c.MeasureAt, c.usualMeasureAt())
	if c.Observer == 0 {
		c.Observer = 1
	}
	if c.Window == [2]float64{} {
		c.Window = d.Window
	}
	return c
}

// Where predictions are compared with labels, values of Config.MeasureAt.
const (
	AtNetwork = "network"
	AtNative  = "native"
)

func (c Config) usualMeasureAt() string {
	if c.Kind == KindFolder {
		return AtNative
	}
	return AtNetwork
}

// Plain is the configuration without what is written in it and is the default anyway, so that it names the same run.
func (c Config) Plain() Config {
	if c.MeasureAt == c.usualMeasureAt() {
		c.MeasureAt = ""
	}
	plain := func(v *string, usual string) {
		if *v == usual {
			*v = ""
		}
	}
	plain(&c.Normalize, "dataset")
	plain(&c.Validation, "patches")
	if c.Patch > 0 { // without patches, Validate refuses them
		plain(&c.Sampling, "uniform")
		plain(&c.Draw, "epoch")
	}
	if c.Observer == 1 {
		c.Observer = 0
	}
	if c.Shares == usualShares && (c.Split == "" || c.Split == Holdout) { // Validate refuses them with others
		c.Shares = [3]float64{}
	}
	return c
}

// Describe finds the registered dataset that the configuration names, or makes the description of its kind. An error
// begins with the key that is wrong.
func (c Config) Describe() (*Description, error) {
	switch c.Kind {
	case "":
		d, err := Describe(c.Name)
		if err != nil {
			return nil, fmt.Errorf("name = %q: %w", c.Name, err)
		}
		if key := c.folderKey(); key != "" {
			return nil, fmt.Errorf("%s: goes with kind = %q only", key, KindFolder)
		}
		return d, nil
	case KindFolder:
		return c.describeFolder()
	}
	return nil, fmt.Errorf("kind = %q: must be %q, or left out for a registered dataset", c.Kind, KindFolder)
}

// Channels is the number of channels of a sample: 3 for rgb, 1 otherwise.
func (c Config) Channels() int {
	if c.Input == "rgb" {
		return 3
	}
	if d, err := c.Describe(); err == nil && c.Input == "" && d.inputs()[1] == "rgb" {
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

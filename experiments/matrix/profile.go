package matrix

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/datasets/augment"
	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/experiments/schedules"
	"r2unet/layers"
	"r2unet/layers/losses"
	"r2unet/layers/optimizers"
)

// Training holds the settings for training and testing a network on one dataset. Every field changes results, so all of
// them are part of a run's identity.
type Training struct {
	Epochs       int     `toml:"epochs" json:"epochs"`               // passes over the training samples, at least 1
	Batch        int     `toml:"batch" json:"batch"`                 // samples per step, at least 1
	LearningRate float64 `toml:"learning-rate" json:"learning_rate"` // where the schedule starts; the paper: 2e-4

	// Loss is a loss of layers/losses or a weighted sum, such as "0.5*bce + dice"; default "bce", binary cross-entropy,
	// or "cross-entropy" for three or more classes.
	Loss string `toml:"loss" json:"loss"`

	// InitialGain multiplies the initial 3×3 weights, which are He-normal at 1; default 0.41, as in PyTorch.
	InitialGain float64 `toml:"initial-gain" json:"initial_gain"`

	// Samples and ValidationSamples limit the samples of an epoch to the first ones; 0 = all.
	Samples           int `toml:"samples" json:"samples"`
	ValidationSamples int `toml:"validation-samples" json:"validation_samples"`

	// TestImages limits the measured images (those that Assess chooses) to the first ones; 0 = all.
	TestImages int `toml:"test-images" json:"test_images"`

	// Test is "whole" (default), one pass over the padded image, or "patches", the mean of overlapping patches that are
	// Stride px apart.
	Test   string `toml:"test" json:"test"`
	Stride int    `toml:"stride" json:"stride"`

	// Optimizer is one of layers/optimizers, such as "sgd(momentum=0.99)"; default "adam".
	Optimizer string `toml:"optimizer" json:"optimizer,omitempty"`

	// Schedule is one of experiments/schedules, such as "cosine(cycles=3)"; default "constant". Warmup is how long the
	// learning rate rises first: "5 epochs" or "500 updates"; default none.
	Schedule string `toml:"schedule" json:"schedule,omitempty"`
	Warmup   string `toml:"warmup" json:"warmup,omitempty"`

	// WeightDecay of all parameters is decoupled for adamw and an L2 penalty for others; 0 (default) = none.
	WeightDecay float64 `toml:"weight-decay" json:"weight_decay,omitempty"`

	// ClipNorm limits the norm of the gradient; 0 (default) = none. Accumulate is the batches per update; default 1.
	ClipNorm   float64 `toml:"clip-norm" json:"clip_norm,omitempty"`
	Accumulate int     `toml:"accumulate" json:"accumulate,omitempty"`

	// Init is a file of weights to start from: a checkpoint, or a state_dict of PyTorch in safetensors format with the
	// same names; relative paths begin at the matrix. Its content is part of a run's identity, its name is not.
	Init string `toml:"init" json:"-"`

	// InitHash is the SHA-256 of Init's file, and InitPath is where it is; File.Profile sets them.
	InitHash string `toml:"-" json:"init,omitempty"`
	InitPath string `toml:"-" json:"-"`

	// Freeze is the part of the network that keeps the weights and running statistics of Init: "encoder", or ""
	// (default).
	Freeze string `toml:"freeze" json:"freeze,omitempty"`

	// Average is the decay of the moving average of weights that is validated, tested and kept; 0 (default) = none.
	Average float64 `toml:"average" json:"average,omitempty"`

	// Assess chooses the images on which a trained network is measured: "test" (default) or "validation", so that
	// settings can be chosen without looking at test images.
	Assess string `toml:"assess" json:"assess,omitempty"`

	// Select says whose weights are tested and kept: those of the "last" epoch (default), of the one with the smallest
	// validation "loss", or of the one with the best value of a measure of evaluate/measures over the pixels of the
	// validation samples, such as "dice" (which is "f1") or "auc".
	Select string `toml:"select" json:"select,omitempty"`
	// Patience ends training after so many epochs without a better one, by what Select names or else by the validation
	// loss; 0 (default) trains all epochs.
	Patience int `toml:"patience" json:"patience,omitempty"`
	// Threshold says which images choose the probability from which on a pixel is foreground, as that of the largest
	// F1: "validation" or "training" images; "" (default) is 0.5.
	Threshold string `toml:"threshold" json:"threshold,omitempty"`
	// Temperature says which images choose the temperature that divides logits of one class, as that of the smallest
	// cross-entropy: "validation"; "" (default) leaves probabilities as they are. The threshold is chosen after it.
	Temperature string `toml:"temperature" json:"temperature,omitempty"`

	// Measures are those of evaluate/measures that are taken on request: "hausdorff95", "cldice". Order is ignored.
	Measures []string `toml:"measures" json:"measures,omitempty"`
}

// Profile is a [profile.NAME] table: one size of the sweep, from a minute to days.
type Profile struct {
	Training
	Name        string   `toml:"-"`            // NAME
	Experiments []string `toml:"experiments"`  // names of the experiments it runs; empty = all
	Folds       int      `toml:"folds"`        // folds of each dataset that are run, the first ones; 0 = all
	SaveSeconds float64  `toml:"save-seconds"` // time between two checkpoints inside an epoch; 0 = 60

	// Keep says what a finished run keeps: "weights" (default), what prediction needs, or "all", also the optimizer's
	// state and the previous checkpoint. It changes no result.
	Keep string `toml:"keep"`

	// TimeBoth also times the other protocol than Test's, on one image, if the network was trained on patches.
	TimeBoth bool `toml:"time-both"`

	// Dataset is what [profile.NAME.dataset.DATASET] tables set differently for one dataset: keys of
	// Training and keys of the [[dataset]] table.
	Dataset map[string]toml.Primitive `toml:"dataset"`

	// Augment changes training samples of all datasets; keys of a dataset's own table win.
	Augment *augment.Config `toml:"augment"`

	// Search draws the settings of its space; without it, and without lists, there is one run of the settings above.
	Search *Search `toml:"search"`

	axes      []axis              // the keys that have a list of values
	bases     []datasets.Config   // the [[dataset]] tables over Augment; nil without it
	points    []point             // what these come to
	overrides map[string]override // the decoded Dataset tables
	usualLoss bool                // the table has no loss
}

// Values of Profile.Keep.
const (
	KeepWeights = "weights"
	KeepAll     = "all"
)

// AssessValidation says that a trained network is measured on the validation images of its fold and test images are
// left alone.
const AssessValidation = evaluate.OnValidation

// FreezeEncoder is the part of a network that Training.Freeze may name.
const FreezeEncoder = "encoder"

// Which images may choose a threshold.
const (
	ThresholdValidation = "validation"
	ThresholdTraining   = "training"
)

// TemperatureValidation says that validation images choose the temperature.
const TemperatureValidation = "validation"

// What Select may be besides "", the last epoch, and the ID of a measure.
const (
	SelectLoss = "loss" // the epoch with the smallest validation loss
	selectLast = "last" // ""
	selectDice = "dice" // the measure "f1"
)

// override holds a profile's settings for one dataset: the profile's general settings and the [[dataset]] table,
// overlaid with the profile's own table for that dataset.
type override struct {
	Training
	datasets.Config
	points []point

	usualLoss bool // neither the profile nor its table has a loss
}

// settings returns the profile's settings for a dataset: its points of the grid, and its configuration.
func (p Profile) settings(base datasets.Config) ([]point, datasets.Config) {
	ways, config, usual := p.points, base, p.usualLoss
	for _, c := range p.bases {
		if c.Name == base.Name {
			config = c
		}
	}
	if o, ok := p.overrides[base.Name]; ok {
		ways, config, usual = o.points, o.Config, o.usualLoss
	}
	if usual {
		ways = slices.Clone(ways)
		for i := range ways {
			ways[i].training.Loss = losses.Default(layers.Outputs(len(config.Classes))).String()
		}
	}
	config.Augment = config.Augment.Canonical()
	return ways, config
}

// maxSaveSeconds is a day: nobody wants to lose more.
const maxSaveSeconds = 24 * 60 * 60

// Validate returns an error for the first invalid value; it begins with the key.
func (p Profile) Validate() error {
	if p.Folds < 0 {
		return fmt.Errorf("folds = %d: must not be negative", p.Folds)
	}
	if !(p.SaveSeconds >= 0 && p.SaveSeconds <= maxSaveSeconds) {
		return fmt.Errorf("save-seconds = %g: must be from 0 to %d", p.SaveSeconds, maxSaveSeconds)
	}
	if p.Keep != KeepWeights && p.Keep != KeepAll {
		return fmt.Errorf("keep = %q: must be %q or %q", p.Keep, KeepWeights, KeepAll)
	}
	if p.Augment != nil {
		if err := p.Augment.Validate(); err != nil {
			return err
		}
	}
	return p.Training.Validate()
}

// defaults fills in defaults and brings values into canonical form, so that a run's identity does not depend on
// spelling.
func (t *Training) defaults() {
	t.Optimizer = optimizers.Canonical(t.Optimizer) // an explicit default is the same setting
	t.Schedule = schedules.Canonical(t.Schedule)
	if t.Accumulate == 1 {
		t.Accumulate = 0
	}
	if w, err := schedules.ParseWarmup(t.Warmup); err == nil {
		t.Warmup = w.String()
	}
	if t.Loss == "" {
		t.Loss = "bce"
	}
	if sum, err := losses.Parse(t.Loss); err == nil { // an error is reported by Validate
		t.Loss = sum.String()
	}
	if t.InitialGain == 0 {
		// √(1/6): with He's initial weights, short trainings fall behind, see results/reference/README.md
		t.InitialGain = 0.41
	}
	if t.Test == "" {
		t.Test = "whole"
	}
	if t.Assess == "test" {
		t.Assess = ""
	}
	switch t.Select {
	case selectLast:
		t.Select = "" // as runs of versions without a choice say it
	case selectDice:
		t.Select = measures.F1.ID
	}
	slices.Sort(t.Measures)
}

// leastFactor is about the smallest normal float32.
const leastFactor = 1.2e-38

// Validate returns an error for the first invalid value; it begins with the key.
func (t Training) Validate() error {
	for _, c := range []struct {
		key        string
		value, low int
	}{
		{"epochs", t.Epochs, 1},
		{"batch", t.Batch, 1},
		{"samples", t.Samples, 0},
		{"validation-samples", t.ValidationSamples, 0},
		{"test-images", t.TestImages, 0},
		{"stride", t.Stride, 0},
		{"accumulate", t.Accumulate, 0},
		{"patience", t.Patience, 0},
	} {
		switch {
		case c.value < c.low:
			return fmt.Errorf("%s = %d: must be at least %d", c.key, c.value, c.low)
		case c.value > math.MaxInt32:
			return fmt.Errorf("%s = %d: must be at most %d", c.key, c.value, math.MaxInt32)
		}
	}
	switch {
	case !(t.LearningRate >= leastFactor && t.LearningRate <= 1):
		return fmt.Errorf("learning-rate = %g: must be above 0 and at most 1; below %g it would be 0 in single "+
			"precision",
			t.LearningRate, leastFactor)
	case !(t.InitialGain >= leastFactor && t.InitialGain <= 10):
		return fmt.Errorf("initial-gain = %g: must be above 0 and at most 10; below %g it would be 0 in single "+
			"precision",
			t.InitialGain, leastFactor)
	case t.WeightDecay != 0 && !(t.WeightDecay >= leastFactor && t.WeightDecay <= 1):
		return fmt.Errorf("weight-decay = %g: must be 0, for none, or up to 1; below %g it would be 0 in single "+
			"precision",
			t.WeightDecay, leastFactor)
	case t.ClipNorm != 0 && !(t.ClipNorm >= leastFactor && t.ClipNorm <= 1e6):
		return fmt.Errorf("clip-norm = %g: must be 0, for none, or from %g to 1e6", t.ClipNorm, leastFactor)
	case t.Freeze != "" && t.Freeze != FreezeEncoder:
		return fmt.Errorf("freeze = %q: must be %q, or left out", t.Freeze, FreezeEncoder)
	case t.Freeze != "" && t.Init == "":
		return fmt.Errorf("freeze = %q: needs init, as an encoder that was never trained would stay so", t.Freeze)
	case !(t.Average >= 0 && t.Average < 1):
		return fmt.Errorf("average = %g: must be 0, for none, or a decay below 1, such as 0.999", t.Average)
	case t.Assess != "" && t.Assess != AssessValidation:
		return fmt.Errorf(`assess = %q: must be "test" or "validation"`, t.Assess)
	case t.Select != "" && t.Select != SelectLoss && t.Selected() == nil:
		return fmt.Errorf("select = %q: must be one of %s: nothing but validation samples can choose an epoch",
			t.Select, strings.Join(selectable(), ", "))
	case t.Threshold != "" && t.Threshold != ThresholdValidation && t.Threshold != ThresholdTraining:
		return fmt.Errorf("threshold = %q: must be %q or %q, the images that choose it: nothing is chosen on test "+
			"images",
			t.Threshold, ThresholdValidation, ThresholdTraining)
	case t.Temperature != "" && t.Temperature != TemperatureValidation:
		return fmt.Errorf("temperature = %q: must be %q, the images that choose it, or left out: nothing is chosen on "+
			"test images", t.Temperature, TemperatureValidation)
	case t.Test != "whole" && t.Test != "patches":
		return fmt.Errorf(`test = %q: must be "whole" or "patches"`, t.Test)
	case t.Test == "patches" && t.Stride < 1:
		return fmt.Errorf(`stride = %d: must be at least 1 where test = "patches"`, t.Stride)
	}
	if _, err := losses.Parse(t.Loss); err != nil {
		return fmt.Errorf("loss = %w", err)
	}
	if name, optimizer, err := optimizers.Get(t.Optimizer); err != nil {
		return fmt.Errorf("optimizer = %w", err)
	} else if optimizers.Decouples(optimizer) && t.WeightDecay == 0 {
		return fmt.Errorf(`optimizer = %q: differs from others by its weight decay, and there is none: set `+
			`weight-decay, which is 0.01 in PyTorch`,
			name)
	}
	if err := schedules.Check(t.Schedule, t.LearningRate); err != nil {
		return fmt.Errorf("schedule = %w", err)
	}
	if w, err := schedules.ParseWarmup(t.Warmup); err != nil {
		return fmt.Errorf("warmup = %w", err)
	} else if w.Epochs && w.Count >= t.Epochs {
		return fmt.Errorf("warmup = %q: must be shorter than the training, epochs = %d", t.Warmup, t.Epochs)
	}
	return checkMeasures(t.Measures)
}

// profiles decodes the [profile.NAME] tables and, over the dataset tables, their settings of single datasets.
func (d decoder) profiles(
	raw map[string]toml.Primitive, rawDatasets []toml.Primitive, plain []datasets.Config,
) (map[string]Profile, error) {
	profiles := map[string]Profile{}
	room := maxRuns // combinations that lists may have, over all tables
	for _, name := range sortedKeys(raw) {
		var p Profile
		table := "profile." + name
		var err error
		if p.axes, err = d.decodeLists([]string{"profile", name}, raw[name], &p); err != nil {
			return nil, err
		}
		p.Name, p.Keep = name, cmp.Or(p.Keep, KeepWeights)
		if err := d.settleSearch(&p); err != nil {
			return nil, err
		}
		p.usualLoss = p.Loss == "" && !hasLoss(p.axes) && !p.Search.has("loss")
		if err := d.imply(&p); err != nil {
			return nil, err
		}
		p.defaults()
		if p.points, err = points(p.Training, p.axes, &room); err != nil {
			return nil, d.settingError(table, "profile "+name, err)
		}
		if len(p.axes) > 0 {
			p.Training = p.points[0].training
		}
		bases := plain
		if p.Augment != nil {
			if p.bases, err = d.augmented(*p.Augment, rawDatasets); err != nil {
				return nil, err
			}
			bases = p.bases
		}
		p.overrides = map[string]override{}
		for _, dataset := range sortedKeys(p.Dataset) {
			o := override{Training: p.Training}
			o.Measures = slices.Clone(p.Measures) // the decoder overwrites the list in place
			if i := slices.IndexFunc(bases, func(c datasets.Config) bool { return c.Name == dataset }); i >= 0 {
				o.Config = bases[i]
			}
			if p.usualLoss {
				o.Loss = ""
			}
			path := []string{"profile", name, "dataset", dataset}
			axes, err := d.decodeLists(path, p.Dataset[dataset], &o)
			if err != nil {
				return nil, err
			}
			if err := d.settleOverride(path, p, &o, axes); err != nil {
				return nil, err
			}
			set := func(key string) bool { return d.meta.IsDefined(append(path, key)...) }
			axes = append(without(p.axes, set), axes...)
			o.usualLoss = o.Loss == "" && !hasLoss(axes)
			o.defaults()
			o.Config = o.Plain()
			if o.points, err = points(o.Training, axes, &room); err != nil {
				what := fmt.Sprintf("profile %s, dataset %s", name, dataset)
				return nil, d.settingError(table+".dataset."+dataset, what, err)
			}
			if len(axes) > 0 {
				o.Training = o.points[0].training
			}
			p.overrides[dataset] = o
		}
		profiles[name] = p
	}
	return profiles, nil
}

// hasLoss reports whether a grid has several losses.
func hasLoss(axes []axis) bool {
	return slices.ContainsFunc(axes, func(a axis) bool { return a.key == "loss" })
}

// folderName matches valid names of profiles; results go into a folder of that name.
var folderName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,63}$`)

// foldersOf maps the profiles' folders, in lower case because some file systems ignore case, to the first profile of
// each.
func foldersOf(profiles []string) map[string]string {
	folders := map[string]string{}
	for _, name := range profiles {
		folder := strings.ToLower(name)
		folders[folder] = cmp.Or(folders[folder], name)
	}
	return folders
}

// checkFolder rejects a profile whose folder would be outside the results folder or belong to something else.
func checkFolder(name string, folders map[string]string) error {
	if !folderName.MatchString(name) {
		return fmt.Errorf("%q cannot name a results folder: use at most 64 letters, digits, hyphens, underscores "+
			"and dots, a letter or digit first",
			name)
	}
	if !filepath.IsLocal(name) || strings.HasSuffix(name, ".") && filepath.Separator == '\\' {
		return fmt.Errorf("%q cannot name a folder on this system: choose another name", name)
	}
	if strings.EqualFold(name, "cache") { // some file systems ignore case
		return errors.New(`"cache" is the folder of prepared images: choose another name`)
	}
	if other := folders[strings.ToLower(name)]; other != name {
		return fmt.Errorf("%q and %q differ only in upper and lower case, which some systems do not tell apart: "+
			"choose another name",
			name, other)
	}
	if i := strings.LastIndexByte(name, '-'); i > 0 && folders[strings.ToLower(name[:i])] != "" {
		if n, err := strconv.Atoi(name[i+1:]); err == nil && n > 1 {
			return fmt.Errorf("%q is the folder that -fresh begins for profile %q: choose another name",
				name, folders[strings.ToLower(name[:i])])
		}
	}
	return nil
}

// checkProfile returns the errors of one profile.
func (d decoder) checkProfile(name string, p Profile, folders map[string]string, experiments, datasets []string) error {
	table := "profile." + name
	if err := checkFolder(name, folders); err != nil {
		return fmt.Errorf("%s: profile: %w", d.place(table, ""), err)
	}
	for _, way := range p.points {
		p.Training = way.training
		if err := p.Validate(); err != nil {
			return d.settingError(table, "profile "+name, err, table+".search.space")
		}
	}
	errs := []error{d.known(table, "experiments", p.Experiments, experiments)}
	for _, dataset := range sortedKeys(p.overrides) {
		place, o := table+".dataset."+dataset, p.overrides[dataset]
		if err := d.known(place, "", []string{dataset}, datasets); err != nil {
			errs = append(errs, err)
			continue
		}
		var err error
		for _, way := range o.points {
			err = cmp.Or(err, way.training.Validate())
		}
		if err = cmp.Or(err, o.Config.Validate()); err != nil {
			own := fmt.Sprintf("dataset[%d]", slices.Index(datasets, dataset))
			what := fmt.Sprintf("profile %s, dataset %s", name, dataset)
			errs = append(errs, d.settingError(place, what, err, own, table))
		}
	}
	return errors.Join(errs...)
}

func datasetNames(configs []datasets.Config) []string {
	var names []string
	for _, c := range configs {
		names = append(names, c.Name)
	}
	return names
}

// knownKeys lists the keys that the table at a path may have.
func knownKeys(table toml.Key) []string {
	keysOf := func(v any) []string { return tomlKeys(reflect.TypeOf(v)) }
	switch {
	case len(table) == 0:
		return []string{"architecture", "dataset", "profile", "experiment"}
	case table[0] == "architecture" && len(table) == 1:
		return keysOf(arch.Config{})
	case table[0] == "dataset":
		return keysWithin(reflect.TypeFor[datasets.Config](), table[1:])
	case table[0] == "experiment" && len(table) == 1:
		return keysOf(Experiment{})
	case table[0] == "profile" && len(table) == 2:
		return keysOf(Profile{})
	case table[0] == "profile" && len(table) == 3 && table[2] == "augment":
		return keysOf(augment.Config{})
	case table[0] == "profile" && len(table) == 3 && table[2] == "search":
		return keysOf(Search{})
	case table[0] == "profile" && len(table) >= 4 && table[2] == "dataset":
		return keysWithin(reflect.TypeFor[override](), table[4:])
	}
	return nil
}

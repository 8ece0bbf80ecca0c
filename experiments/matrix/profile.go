package matrix

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"r2unet/datasets"
	"r2unet/datasets/augment"
	"r2unet/layers"
	"r2unet/layers/losses"
)

// Profile is a [profile.NAME] table: one size of the sweep, from a minute to days.
type Profile struct {
	Training
	Name string `toml:"-"` // NAME
	// Experiments are the names of the experiments that it runs; left out = all.
	Experiments []string `toml:"experiments"`
	// Folds is how many folds of each dataset are run, the first ones; 0 = all.
	Folds int `toml:"folds"`
	// SaveSeconds is the time between two checkpoints inside an epoch, seconds; 0 = 60.
	SaveSeconds float64 `toml:"save-seconds"`

	// Keep says what a finished run keeps: "weights" (default) for what prediction needs, or "all" for the optimizer's
	// state and the previous checkpoint too. It changes no result.
	Keep string `toml:"keep"`

	// Precision is that of the factors of convolutions: "fp32" (default), "bf16" on the cpu device or "tf32" on cuda,
	// as the flag -precision, which wins. Like the device, it is part of a run's identity.
	Precision string `toml:"precision"`

	// TimeBoth also times the other way to test than `test`, on one image, if the network was trained on patches.
	TimeBoth bool `toml:"time-both"`

	// Dataset holds the tables [profile.NAME.dataset.DATASET], which set differently for one dataset keys of training
	// and keys of the [[dataset]] table.
	Dataset map[string]toml.Primitive `toml:"dataset"`

	// Augment is a table of its own: how training samples of all datasets are changed. Keys of a dataset's table win.
	Augment *augment.Config `toml:"augment"`

	// Search is a table of its own, which draws settings from a space. Without it, and without lists, there is one run.
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

// precisions are the values of Profile.Precision.
var precisions = []string{"fp32", "bf16", "tf32"}

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
		return fmt.Errorf("folds = %d: must be at least 0", p.Folds)
	}
	if !(p.SaveSeconds >= 0 && p.SaveSeconds <= maxSaveSeconds) {
		return fmt.Errorf("save-seconds = %g: must be from 0 to %d", p.SaveSeconds, maxSaveSeconds)
	}
	if p.Keep != KeepWeights && p.Keep != KeepAll {
		return fmt.Errorf("keep = %q: must be %q or %q", p.Keep, KeepWeights, KeepAll)
	}
	if p.Precision != "" && !slices.Contains(precisions, p.Precision) {
		return fmt.Errorf("precision = %q: must be %q, %q or %q",
			p.Precision, precisions[0], precisions[1], precisions[2])
	}
	if p.Augment != nil {
		if err := p.Augment.Validate(); err != nil {
			return err
		}
	}
	return p.Training.Validate()
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
		if err := d.written(table, reflect.ValueOf(&p)); err != nil {
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
			if err == nil {
				err = d.written(strings.Join(path, "."), reflect.ValueOf(&o))
			}
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

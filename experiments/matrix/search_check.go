package matrix

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/datasets"
)

// settleSearch checks the search of a profile against the profile's own settings.
func (d decoder) settleSearch(p *Profile) error {
	if p.Search == nil {
		return nil
	}
	table := "profile." + p.Name
	if len(p.axes) > 0 {
		return fmt.Errorf("%s: %s: a list makes a grid, and this profile has a search: move it to [%s.search.space]",
			d.place(table, p.axes[0].key), p.axes[0].key, table)
	}
	if err := p.Search.settle(); err != nil {
		return d.settingError(table+".search", "profile "+p.Name+", search", err, table+".search.space")
	}
	return d.checkSettled([]string{"profile", p.Name}, p.Training, p.Search)
}

// imply sets what the search of a profile settles for it: the settings of a first point; that trials are measured on
// validation images alone; and that the weights of a trial are those of its best epoch.
func (d decoder) imply(p *Profile) error {
	if p.Search == nil {
		return nil
	}
	p.Assess, p.Select = AssessValidation, p.Search.Measure
	r, err := p.Search.At(Run{Training: p.Training}, p.Search.Corners(1)[0])
	if err != nil {
		return d.settingError("profile."+p.Name+".search.space", "profile "+p.Name+", search", err)
	}
	p.Training = r.Training
	return nil
}

// checkSettled rejects keys in the table at a path that the search of its profile settles.
func (d decoder) checkSettled(path []string, t Training, s *Search) error {
	table := strings.Join(path, ".")
	defined := func(keys ...string) bool { return d.meta.IsDefined(append(slices.Clone(path), keys...)...) }
	refuse := func(key, format string, values ...any) error {
		return fmt.Errorf("%s: %s: %s", d.place(table, key), table, fmt.Sprintf(format, values...))
	}
	if defined("compute-budget") {
		return refuse("compute-budget", "compute-budget = %g: the trials of a search all have the same epochs: set "+
			"epochs", t.ComputeBudget)
	}
	t.defaults()
	if t.Assess != AssessValidation && defined("assess") {
		return refuse("assess", `assess = "test": a search looks at validation images alone: leave it out`)
	}
	if t.Select != s.Measure && defined("select") {
		return refuse("select", "select = %q: a search by %s selects the epoch by it, too: leave it out",
			t.Select, s.Measure)
	}
	for _, key := range s.Space {
		name := key.Name
		written := defined(name)
		if inner, augments := strings.CutPrefix(name, augmentPrefix); augments {
			written = defined("augment", inner)
		}
		if written {
			return refuse(name, "%s: is searched for, so it cannot be set here: leave one of the two out", name)
		}
	}
	return nil
}

// checkSearch checks the corners of the space on every dataset of the profile.
func (f *File) checkSearch(p Profile) error {
	if p.Search == nil {
		return nil
	}
	table, space := "profile."+p.Name, "profile."+p.Name+".search.space"
	for number, base := range f.Datasets {
		if !slices.ContainsFunc(f.DatasetConfigs(p), func(c datasets.Config) bool { return c.Name == base.Name }) {
			continue
		}
		ways, config := p.settings(base)
		run := Run{Training: ways[0].training, Dataset: config}
		what := fmt.Sprintf("profile %s, search, dataset %s", p.Name, base.Name)
		own := fmt.Sprintf("dataset[%d]", number)
		for _, key := range p.Search.Space {
			if strings.HasPrefix(key.Name, augmentPrefix) && !searchedField(&run, key.Name).IsZero() {
				err := fmt.Errorf("%s: is searched for, so it cannot be set here: leave one of the two out", key.Name)
				return f.decoder.settingError(own, what, err)
			}
		}
		for _, corner := range p.Search.Corners(maxCorners) {
			at, err := p.Search.At(run, corner)
			if err == nil {
				err = at.Training.Validate()
			}
			if err == nil {
				err = at.Dataset.Validate()
			}
			if err != nil {
				return f.decoder.settingError(space, what, err, table+".dataset."+base.Name, table, own)
			}
		}
	}
	return nil
}

// settleOverride is settleSearch for the table of a dataset, at a path.
func (d decoder) settleOverride(path []string, p Profile, o *override, axes []axis) error {
	if p.Search == nil {
		return nil
	}
	table := strings.Join(path, ".")
	if len(axes) > 0 {
		return fmt.Errorf("%s: %s: a list makes a grid, and this profile has a search: move it to "+
			"[profile.%s.search.space]", d.place(table, axes[0].key), axes[0].key, p.Name)
	}
	return d.checkSettled(path, o.Training, p.Search)
}

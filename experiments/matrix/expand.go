package matrix

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/internal/nearest"
)

// Source is what expansion needs to know of an opened dataset.
type Source struct {
	Phantom bool // its files are missing and phantoms are drawn
	Folds   int  // number of splits, at least 1
}

// UsualProfile is the profile that is meant where none is named and the file has several.
const UsualProfile = "quick"

// Profile returns the profile of a name; without a name, that of UsualProfile, or the only one that the file has.
func (f *File) Profile(name string) (Profile, error) {
	if name == "" {
		name = UsualProfile
		if len(f.Profiles) == 1 {
			name = sortedKeys(f.Profiles)[0]
		}
	}
	p, ok := f.Profiles[name]
	if !ok {
		hint := ""
		if near := nearest.Of(name, sortedKeys(f.Profiles)); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return Profile{}, fmt.Errorf("%s has no profile %q, only %s%s",
			f.Path, name, strings.Join(sortedKeys(f.Profiles), ", "), hint)
	}
	return f.initialized(p)
}

// DatasetConfigs lists the datasets that a profile's runs need, with the profile's settings.
func (f *File) DatasetConfigs(p Profile) []datasets.Config {
	var configs []datasets.Config
	for _, base := range f.Datasets {
		needed := slices.ContainsFunc(f.Experiments, func(e Experiment) bool {
			return p.includes(e) && included(e.Datasets, base.Name)
		})
		if needed {
			_, config := p.settings(base)
			configs = append(configs, config)
		}
	}
	return configs
}

// maxRuns is more than anyone can train: ten thousand runs of a minute take a week.
const maxRuns = 10_000

// Expand lists a profile's runs, ordered by experiment, dataset, fold, seed, architecture and the values of lists as
// the file orders them; a run in two experiments is listed once. Sources has an entry by name for each dataset of
// DatasetConfigs; seed is used if an experiment names no seeds.
func (f *File) Expand(p Profile, sources map[string]Source, device string, seed uint64) ([]Run, error) {
	var runs []Run
	seen := map[string]bool{}
	for _, e := range f.Experiments {
		if !p.includes(e) {
			continue
		}
		seeds := []uint64{seed}
		if len(e.Seeds) > 0 {
			seeds = nil
		}
		for _, s := range e.Seeds {
			seeds = append(seeds, uint64(s))
		}
		crossed, err := f.cross(e, p, sources, seeds)
		if err != nil {
			return nil, fmt.Errorf("%s: experiment %q: %w", f.Path, e.Name, err)
		}
		for _, run := range crossed {
			run.Device = device
			id, err := run.ID()
			if err != nil {
				return nil, err
			}
			if !seen[id] {
				seen[id] = true
				runs = append(runs, run)
			}
		}
	}
	return runs, nil
}

// cross returns the product of one experiment's lists.
func (f *File) cross(e Experiment, p Profile, sources map[string]Source, seeds []uint64) ([]Run, error) {
	var runs []Run
	for _, base := range f.Datasets {
		source, opened := sources[base.Name]
		if !opened || !included(e.Datasets, base.Name) {
			continue
		}
		ways, config := p.settings(base)
		folds := source.Folds
		if p.Folds > 0 {
			folds = min(folds, p.Folds)
		}
		for fold := range folds {
			for _, seed := range seeds {
				for _, a := range f.Architectures {
					if !e.includes(a) {
						continue
					}
					for _, way := range ways {
						if len(runs) == maxRuns {
							return nil, fmt.Errorf("its seeds, folds, architectures, datasets and lists of "+
								"settings make more than %d runs",
								maxRuns)
						}
						runs = append(runs, Run{
							Architecture: a, Dataset: config, Phantom: source.Phantom,
							Training: way.training, Point: way.settings, Fold: fold, Seed: seed,
						})
					}
				}
			}
		}
	}
	return runs, nil
}

// includes reports whether the profile runs the experiment.
func (p Profile) includes(e Experiment) bool { return included(p.Experiments, e.Name) }

// includes reports whether the experiment runs the network.
func (e Experiment) includes(a arch.Config) bool {
	names := references(a)
	return included(e.Architectures, names...) && (len(e.Except) == 0 || !included(e.Except, names...))
}

// included reports whether a list has one of the names; an empty list includes everything.
func included(list []string, names ...string) bool {
	return len(list) == 0 || slices.ContainsFunc(names, func(name string) bool { return slices.Contains(list, name) })
}

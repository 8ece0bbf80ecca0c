// Package matrix reads experiments.toml and expands it into runs: each network on each dataset, with its settings.
// Reading is strict, because a silently ignored setting costs days: unknown keys, wrong types and invalid values are
// errors that name file, line and key.
package matrix

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

//go:generate go run ./keys -root ../..

// maxFileSize in bytes is far more than any handwritten matrix; this project's has under ten thousand.
const maxFileSize = 64 << 10

// File is a decoded and checked experiments.toml.
type File struct {
	Path          string
	Architectures []arch.Config      // the [[architecture]] tables, in the file's order
	Datasets      []datasets.Config  // the [[dataset]] tables, in the file's order
	Profiles      map[string]Profile // the [profile.NAME] tables
	Experiments   []Experiment       // the [[experiment]] tables, in the file's order; without any, "all" of the rest

	decoder decoder // knows the line of each key
}

// Experiment is one [[experiment]] table: every architecture it names meets every dataset it names.
type Experiment struct {
	// Name is what profiles call the experiment.
	Name string `toml:"name"`
	// Architectures are the names of its networks, such as "R2U-Net" for all tables of that name or "R2U-Net t=2" for
	// one; left out = all.
	Architectures []string `toml:"architectures"`
	// Except are the names of networks that it leaves out of these.
	Except []string `toml:"except"`
	// Datasets are the names of its datasets; left out = all.
	Datasets []string `toml:"datasets"`
	// Seeds are those of its runs, one run for each, from 0, none twice; left out = the seed of -seed.
	Seeds []int64 `toml:"seeds"`
}

// Load reads and checks the file at path. Errors in it name path and line.
func Load(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the matrix of experiments, %s: %w", path, durable.Bare(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read the matrix: %s is no regular file", path)
	}
	if info.Size() > maxFileSize {
		return nil, fmt.Errorf("read the matrix: %s has %d bytes; the limit is %d", path, info.Size(), maxFileSize)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the matrix: %w", err)
	}
	return Parse(path, string(text))
}

// Parse is Load for text already read; path is used in errors, and is where init files are looked for.
func Parse(path, text string) (*File, error) {
	lines, err := indexLines(path, text)
	if err != nil {
		return nil, err
	}
	// Tables are decoded as primitives first, so that errors inside them get the right line.
	var raw struct {
		Architecture []toml.Primitive          `toml:"architecture"`
		Dataset      []toml.Primitive          `toml:"dataset"`
		Profile      map[string]toml.Primitive `toml:"profile"`
		Experiment   []toml.Primitive          `toml:"experiment"`
	}
	meta, err := toml.Decode(text, &raw)
	d := decoder{path: path, meta: meta, lines: lines, lists: listsOf(meta)}
	if err := d.shape(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, d.syntaxError(err)
	}
	if err := d.spelling(); err != nil {
		return nil, err
	}
	f := &File{Path: path, decoder: d}
	if f.Architectures, err = tables[arch.Config](d, "architecture", raw.Architecture); err != nil {
		return nil, err
	}
	for i := range f.Architectures {
		f.Architectures[i] = f.Architectures[i].WithDefaults()
	}
	if f.Datasets, err = tables[datasets.Config](d, "dataset", raw.Dataset); err != nil {
		return nil, err
	}
	for i := range f.Datasets {
		f.Datasets[i] = f.Datasets[i].Plain()
	}
	if f.Experiments, err = tables[Experiment](d, "experiment", raw.Experiment); err != nil {
		return nil, err
	}
	if len(f.Experiments) == 0 {
		f.Experiments = []Experiment{{Name: "all"}}
	}
	if f.Profiles, err = d.profiles(raw.Profile, raw.Dataset, f.Datasets); err != nil {
		return nil, err
	}
	if err := d.unknownKeys(); err != nil {
		return nil, err
	}
	return f, f.check(d)
}

// check finds errors that involve several values: missing tables, repeated or undefined names.
func (f *File) check(d decoder) error {
	if len(f.Architectures) == 0 || len(f.Datasets) == 0 || len(f.Profiles) == 0 {
		return fmt.Errorf("%s: at least one [[architecture]], [[dataset]] and [profile.NAME] is needed",
			f.Path)
	}
	var errs []error
	labels := map[string]bool{}
	for i, a := range f.Architectures {
		at := d.place(fmt.Sprintf("architecture[%d]", i), "")
		if err := CheckArchitecture(a); err != nil {
			table := fmt.Sprintf("architecture[%d]", i)
			errs = append(errs, d.settingError(table, fmt.Sprintf("architecture %q", a.Name), err))
		}
		if label := record.Slug(ArchitectureTitle(a)); labels[label] {
			errs = append(errs, fmt.Errorf("%s: architecture %q with this t and these weights occurs twice: give "+
				"one another name",
				at, a.Name))
		} else {
			labels[label] = true
		}
	}
	seen := map[string]string{} // names by what folders are called after them
	for i, c := range f.Datasets {
		at := d.place(fmt.Sprintf("dataset[%d]", i), "name")
		if err := c.Validate(); err != nil {
			errs = append(errs, d.settingError(fmt.Sprintf("dataset[%d]", i), fmt.Sprintf("dataset %q", c.Name), err))
		}
		switch other, taken := seen[record.Slug(c.Name)]; {
		case taken && other == c.Name:
			errs = append(errs, fmt.Errorf("%s: dataset %q occurs twice", at, c.Name))
		case taken:
			errs = append(errs, fmt.Errorf("%s: dataset %q would share folders of results with %q: give one "+
				"another name",
				at, c.Name, other))
		case c.Kind != "" && evaluate.InPaper(c.Name):
			errs = append(errs, fmt.Errorf("%s: name = %q: tables would show it beside the paper's rows of that "+
				"dataset: choose another name",
				at, c.Name))
		}
		seen[record.Slug(c.Name)] = c.Name
	}
	experiments := map[string]bool{}
	architectureNames, datasetNames := architectureReferences(f.Architectures), datasetNames(f.Datasets)
	for i, e := range f.Experiments {
		at := d.place(fmt.Sprintf("experiment[%d]", i), "")
		if e.Name == "" || experiments[e.Name] {
			errs = append(errs, fmt.Errorf("%s: every [[experiment]] needs a name of its own, found %q", at, e.Name))
		}
		experiments[e.Name] = true
		errs = append(errs,
			d.known(fmt.Sprintf("experiment[%d]", i), "architectures", e.Architectures, architectureNames),
			d.known(fmt.Sprintf("experiment[%d]", i), "except", e.Except, architectureNames),
			d.known(fmt.Sprintf("experiment[%d]", i), "datasets", e.Datasets, datasetNames),
			d.checkSeeds(fmt.Sprintf("experiment[%d]", i), e.Seeds))
		if len(e.Except) > 0 && !slices.ContainsFunc(f.Architectures, e.includes) {
			errs = append(errs, fmt.Errorf("%s: except leaves no network of experiment %q: take one out of the list",
				d.place(fmt.Sprintf("experiment[%d]", i), "except"), e.Name))
		}
	}
	profileNames, experimentNames := sortedKeys(f.Profiles), sortedKeys(experiments)
	folders := foldersOf(profileNames)
	for _, name := range profileNames {
		err := d.checkProfile(name, f.Profiles[name], folders, experimentNames, datasetNames)
		if err == nil {
			p := f.Profiles[name]
			err = cmp.Or(f.checkUnused(p), f.checkAugment(p), f.checkSearch(p))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkSeeds returns an error for the first negative or repeated seed.
func (d decoder) checkSeeds(table string, seeds []int64) error {
	for i, seed := range seeds {
		switch {
		case seed < 0:
			return fmt.Errorf("%s: seeds: %d: must be at least 0", d.place(table, "seeds"), seed)
		case slices.Contains(seeds[:i], seed):
			return fmt.Errorf("%s: seeds: %d occurs twice: leave one out", d.place(table, "seeds"), seed)
		}
	}
	return nil
}

// checkUnused rejects a profile's table for a dataset that none of its experiments uses: it would be ignored.
func (f *File) checkUnused(p Profile) error {
	var needed []string
	for _, c := range f.DatasetConfigs(p) {
		needed = append(needed, c.Name)
	}
	for _, name := range sortedKeys(p.overrides) {
		if !slices.Contains(needed, name) {
			table := "profile." + p.Name + ".dataset." + name
			return fmt.Errorf("%s: %s: no experiment of this profile runs on %s, only on %s: remove the table, or "+
				"add the dataset to an experiment",
				f.decoder.place(table, ""), table, name, strings.Join(needed, ", "))
		}
	}
	return nil
}

func architectureReferences(configs []arch.Config) []string {
	var all []string
	for _, a := range configs {
		all = append(all, references(a)...)
	}
	return all
}

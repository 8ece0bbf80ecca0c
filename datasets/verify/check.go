package verify

import (
	"context"
	"fmt"
	"os"
	"slices"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

// splitSeed is the seed of the splits that are checked: the default seed of a sweep.
const splitSeed = 1

// Progress is called with the number of decoded images of a dataset, from one goroutine at a time.
type Progress func(dataset string, done, total int)

// Options control how copies are read.
type Options struct {
	LabelThreshold float64 // as label-threshold of a [[dataset]] table, from 0 (off) to 1
	// Tables are [[dataset]] tables, by which datasets of their names are read.
	Tables   []datasets.Config
	Progress Progress
}

// Check examines the named datasets (all, if none are named) under a data folder. Faults of a copy are in the report;
// the error means that the data folder cannot be read, a name is unknown, an option is invalid, or the context ended.
func Check(ctx context.Context, root string, o Options, names ...string) (*Report, error) {
	if !(o.LabelThreshold >= 0 && o.LabelThreshold <= 1) {
		return nil, fmt.Errorf("-label-threshold %g: must be 0 (off) or a share of white above 0 and at most 1",
			o.LabelThreshold)
	}
	if info, err := os.Stat(root); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("data folder %s: is not a folder", root)
	}
	all := len(names) == 0
	if all {
		names = datasets.Names()
	}
	r := &Report{Folder: root, Findings: []Finding{}}
	for _, name := range names {
		config := datasets.Config{Name: name, LabelThreshold: o.LabelThreshold}
		var table *datasets.Config
		if i := slices.IndexFunc(o.Tables, func(c datasets.Config) bool { return c.Name == name }); i >= 0 {
			table = &o.Tables[i]
			config = *table
		}
		d, err := config.Describe()
		if err != nil {
			return nil, fmt.Errorf("dataset: %w", err)
		}
		found, err := r.check(ctx, d, config, table, o)
		if err != nil {
			return nil, err
		}
		r.Datasets = append(r.Datasets, *found)
	}
	if all {
		return r, r.propose(ctx)
	}
	return r, nil
}

func (r *Report) check(
	ctx context.Context, d *datasets.Description, config datasets.Config, table *datasets.Config, o Options,
) (*Dataset, error) {
	out := &Dataset{Name: d.Name, Findings: []Finding{}, drawn: d.Phantom != nil}
	c, err := d.Locate(r.Folder, config.Folder)
	if err != nil {
		out.Found = true
		out.add(Error, "", err.Error())
		return out, nil
	}
	for _, hint := range c.Hints {
		out.add(Warning, "", hint)
	}
	if c.Missing() {
		r.passedOver(c)
		return out, nil
	}
	out.Found, out.Folder = true, c.Dir
	for _, p := range c.Problems {
		out.add(Error, p.File, p.Text)
	}
	for _, p := range c.Unpaired {
		out.add(Warning, p.File, p.Text+"; it is left out, and with strict = true refused")
	}
	for _, note := range c.Notes {
		out.add(Warning, "", note)
	}
	for _, p := range c.Skipped {
		out.add(Note, p.File, p.Text)
	}
	// What a list names in a bad line is taken for no image.
	if n := len(c.Others); n > 0 && (config.Kind == "" || len(c.Problems) == 0) {
		out.add(Note, c.Others[0],
			fmt.Sprintf("is the first of %d files that are neither images nor labels of this dataset", n))
	}
	images, err := checkImages(ctx, d, c, config, o)
	if err != nil {
		return nil, err
	}
	for _, m := range images {
		out.Findings = append(out.Findings, m.findings...)
	}
	out.collectTurns(images)
	out.compareLabels(images)
	out.compareImages(d, c.Entries)
	out.compareSamples(d, images)
	out.collectSizes(images)
	out.compareFOV(d, images)
	out.compareCounts(d, images)
	out.findRepeated(d, config, c.Entries, images)
	out.try(d, c, table, images)
	return out, nil
}

// passedOver notes, once per report, what the search for a dataset in the data folder itself could not look into.
func (r *Report) passedOver(c *datasets.Copy) {
	findings := make([]Finding, 0, len(c.Skipped)+len(c.Archives))
	for _, p := range c.Skipped {
		findings = append(findings, Finding{Note, p.File, p.Text})
	}
	for _, a := range c.Archives {
		findings = append(findings, Finding{Note, a, "is an archive that was not unpacked; nothing in it is found"})
	}
	for _, f := range findings {
		if !slices.Contains(r.Findings, f) {
			r.Findings = append(r.Findings, f)
		}
	}
}

// try adds what would keep a sweep with the settings of a table from using the copy, unless there is an error already.
// Without a table, settings are the usual ones.
func (out *Dataset) try(d *datasets.Description, c *datasets.Copy, table *datasets.Config, images []checked) {
	sizes := map[string][2]int{}
	for _, m := range images {
		if m.width > 0 {
			sizes[m.ID] = [2]int{m.width, m.height}
		}
	}
	heldOut, err := d.Try(c, table, sizes, splitSeed)
	if err != nil && out.Worst() != Error {
		out.add(Error, "", err.Error())
	}
	if heldOut > 0 {
		out.add(Warning, "", fmt.Sprintf(
			"a sweep would test on %d held-out training images, as there are no labelled test images", heldOut))
	}
}

// part returns the name of a part in messages.
func part(p string) string {
	if p == "" {
		return "all"
	}
	return p
}

// compareImages compares the number of labelled images with the official one.
func (out *Dataset) compareImages(d *datasets.Description, entries []files.Entry) {
	out.Images, out.Expected = map[string]int{}, map[string]int{}
	for _, e := range entries {
		out.Images[part(e.Part)]++
	}
	for p, n := range d.Official.Images {
		out.Expected[part(p)] = n
	}
	for _, p := range slices.Sorted(keys(out.Expected)) {
		if n := out.Images[p]; n != out.Expected[p] {
			out.add(Warning, "", fmt.Sprintf("%d labelled images (%s) instead of the official %d",
				n, p, out.Expected[p]))
		}
	}
}

// keys iterates over the keys of a map.
func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// collectTurns notes how many images are turned by their orientation: labels may have been drawn on the stored or on
// the turned picture.
func (out *Dataset) collectTurns(images []checked) {
	var turned []string
	for _, m := range images {
		if m.orientation > 1 {
			turned = append(turned, m.Image)
		}
	}
	if n := len(turned); n > 0 {
		out.add(Note, turned[0], fmt.Sprintf("is turned by its orientation tag, as viewers show it, "+
			"and so are %d of %d images; labels must have been drawn on the turned pictures", n, len(images)))
	}
}

// compareLabels compares the values of the labels with one another.
func (out *Dataset) compareLabels(images []checked) {
	var labels []datasets.LabelFacts
	for _, m := range images {
		if m.label.File != "" {
			labels = append(labels, m.label)
		}
	}
	swapped := len(images) > 0 && !slices.ContainsFunc(images, func(m checked) bool {
		return m.label.File == "" || !m.flat || m.flatLabel
	})
	if swapped {
		out.add(Warning, "", datasets.SwappedLabels)
	}
	for _, text := range datasets.MixedLabels(labels) {
		out.add(Warning, "", text)
	}
	if text := datasets.InvertedLabels(labels); text != "" {
		out.add(Warning, "", text)
		return
	}
	if text := datasets.OddLabels(labels); text != "" {
		out.add(Warning, "", text)
	}
}

func (out *Dataset) collectSizes(images []checked) {
	for _, m := range images {
		if m.width == 0 {
			continue
		}
		i := slices.IndexFunc(out.Sizes, func(s Size) bool { return s.Width == m.width && s.Height == m.height })
		if i < 0 {
			out.Sizes = append(out.Sizes, Size{m.width, m.height, 1})
		} else {
			out.Sizes[i].Images++
		}
	}
	slices.SortStableFunc(out.Sizes, func(a, b Size) int { return b.Images - a.Images })
	out.Sizes = out.Sizes[:min(len(out.Sizes), 5)]
}

// compareSamples reports images whose samples are of another type than those of most, such as one of 16 bits among
// others of 8: each is divided by the white of its own type, which may be far above its values, or one window is for
// all. CT numbers are the same in every type.
func (out *Dataset) compareSamples(d *datasets.Description, images []checked) {
	count := map[raster.Type]int{}
	most := raster.Type(0)
	for _, m := range images {
		if m.pixels == "" {
			continue
		}
		count[m.samples]++
		if count[m.samples] > count[most] {
			most = m.samples
		}
	}
	if d.CT && !d.AnyValues || len(count) < 2 {
		return
	}
	scale := "white is the largest value of each type"
	if d.CT {
		scale = "one window is for all"
	}
	for _, m := range images {
		if m.pixels != "" && m.samples != most {
			out.add(Warning, m.Image, fmt.Sprintf("has samples of type %v, and %d others have %v: %s, so make them "+
				"alike unless they are meant so", m.samples, count[most], most, scale))
		}
	}
}

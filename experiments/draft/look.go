package draft

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets"
)

// seen is what the pictures of a folder are like.
type seen struct {
	*datasets.Inspection
	table datasets.Config // Table of the inspection, to be read with -data as the folder itself

	median   datasets.Size // of widths, and of heights
	largest  datasets.Size // width and height
	shortest int           // the shortest side of all
	channels int           // of the network's input

	train, validation int     // images
	labelled          float64 // share of pixels that are not background, 0..1
	width             float64 // of the thinnest structure that is labelled, px; 0 = nothing is labelled
}

const (
	leastPairs = 3  // to train, validate and test on
	mostLoaded = 32 // images whose labels are measured

	muchLabelled = 0.6 // share of all pixels, above which labels look as if they were no labels
)

// look inspects a folder and reads some of its labels.
func look(ctx context.Context, dir string) (*seen, error) {
	in, err := datasets.Inspect(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("-data: %w", err)
	}
	if err := refuse(in); err != nil {
		return nil, err
	}
	s := &seen{Inspection: in, table: in.Table}
	if info, err := os.Stat(filepath.Join(dir, s.table.Name)); err == nil && info.IsDir() {
		s.table.Folder = "." // not the folder in it that is called so
	}
	if s.table.Input == "rgb" {
		s.table.Input = "" // the default
	}
	s.channels = s.table.Channels()
	if err := s.recognize(); err != nil {
		return nil, err
	}
	s.measureSizes()
	return s, s.load(ctx)
}

// refuse returns an error for a folder that cannot be trained on, with what was found in it.
func refuse(in *datasets.Inspection) error {
	var found []string
	for _, g := range in.Groups {
		found = append(found, fmt.Sprintf("%d %s", g.Files, g.Pattern))
	}
	const most = 8
	if n := len(found) - most; n > 0 {
		found = append(found[:most], fmt.Sprintf("%d other kinds", n))
	}
	what := cmp.Or(strings.Join(found, ", "), "no picture")
	notes := strings.Join(append([]string{""}, in.Notes...), "; ")
	switch {
	case in.Table.Images == "" && len(in.Lost) > 0:
		return fmt.Errorf("%s: no images with labels were recognized, and %w%s: give yourself the right to read "+
			"it, or mend the link. Found: %s%s", in.Dir, in.Lost[0], more(len(in.Lost)-1), what, notes)
	case in.Table.Images == "":
		return fmt.Errorf("%s: no images with labels were recognized. Found: %s%s. Known layouts: %s",
			in.Dir, what, notes, datasets.Layouts)
	case len(in.Problems) > 0:
		return fmt.Errorf("%s: taking images = %q and labels = %q, %w%s: mend it, or move it away. Found: %s", in.Dir,
			in.Table.Images, in.Table.Labels, in.Problems[0], more(len(in.Problems)-1), what)
	case in.Pairs < leastPairs:
		return fmt.Errorf("%s: to train, to validate and to test takes %d images with labels at least. Found: %d, in "+
			"%s", in.Dir, leastPairs, in.Pairs, what)
	case in.Unclear:
		return fmt.Errorf("%s: what the labels mean is not clear%s", in.Dir, notes)
	}
	return nil
}

// more counts what stands behind the first of several things.
func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more like it)", n)
}

// recognize notes where the folder seems to hold a dataset that has a loader of its own. It is an error if that loader
// takes other files for the labels: a field of view has the name of its image more often than a label has.
func (s *seen) recognize() error {
	for _, name := range datasets.Names() {
		d, err := datasets.Describe(name)
		if err != nil {
			return err
		}
		c, err := d.Find(s.Dir)
		if err != nil {
			return err
		}
		if ours, theirs := s.otherLabel(c); ours != "" {
			return fmt.Errorf("%s: %s would be taken for a label, but the names are those of %s, whose labels are "+
				"such as %s: take its own loader, with name = %q and without kind, images and labels, as in "+
				"experiments.toml",
				s.Dir, ours, name, theirs, name)
		}
		if n := len(c.Entries); 2*n > s.Pairs {
			s.Notes = append(s.Notes, fmt.Sprintf("the names of %d pairs are those of %s, for which name = %q without "+
				"kind, images and labels keeps its published split, as in experiments.toml", n, name, name))
		}
	}
	return nil
}

// otherLabel returns the first label of the inspection, and the one that a dataset's own loader takes for the same
// image; both "" if they agree wherever both have one.
func (s *seen) otherLabel(c *datasets.Copy) (ours, theirs string) {
	labels := map[string]string{}
	for _, e := range c.Entries {
		labels[filepath.Join(c.Dir, filepath.FromSlash(e.Image))] = e.Label
	}
	for _, e := range s.Entries {
		label := labels[filepath.Join(s.Dir, filepath.FromSlash(e.Image))]
		if label != "" && filepath.Join(c.Dir, label) != filepath.Join(s.Dir, e.Label) {
			return e.Label, label
		}
	}
	return "", ""
}

func (s *seen) measureSizes() {
	var widths, heights []int
	for _, c := range s.Sizes {
		for range c.Images {
			widths, heights = append(widths, c.Size.Width), append(heights, c.Size.Height)
		}
	}
	slices.Sort(widths)
	slices.Sort(heights)
	middle, last := len(widths)/2, len(widths)-1
	s.median = datasets.Size{Width: widths[middle], Height: heights[middle]}
	s.largest = datasets.Size{Width: widths[last], Height: heights[last]}
	s.shortest = min(widths[0], heights[0])
}

// load opens the folder as a sweep will, and measures labels.
func (s *seen) load(ctx context.Context) error {
	scratch, err := os.MkdirTemp("", "sweep-init-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	config := s.table
	config.Cache, config.Folder = scratch, "."
	ds, err := datasets.Open(ctx, config, s.Dir, 1)
	if err != nil {
		return err
	}
	fold, err := ds.Fold(0)
	if err != nil {
		return err
	}
	s.train, s.validation = len(fold.Train), len(fold.Validation)
	labelled, total := 0, 0
	var widths []float64
	n := min(mostLoaded, len(s.Entries))
	for i := range n {
		sample, err := ds.Load(ctx, s.Entries[i*len(s.Entries)/n].ID)
		if err != nil {
			return err
		}
		total += len(sample.Truth)
		width := 0.0
		for _, r := range regions(sample.Truth, sample.Width) {
			labelled += r.area
			if w := r.width(); w > 0 && (width == 0 || w < width) {
				width = w
			}
		}
		if width > 0 {
			widths = append(widths, width)
		}
	}
	s.labelled = float64(labelled) / float64(max(total, 1))
	if s.labelled > muchLabelled {
		s.Notes = append(s.Notes, "most pixels are labelled, as in inverted labels and in masks of fields of view: "+
			"look at the labels")
	}
	if slices.Sort(widths); len(widths) > 0 {
		s.width = widths[len(widths)/2]
	}
	return nil
}

// region is the pixels of a class.
type region struct{ area, edges int }

// width is that of a strip with this area and outline, px: the mean width of vessels, three quarters of the radius of
// discs.
func (r region) width() float64 {
	if r.edges == 0 {
		return 0
	}
	return 2 * float64(r.area) / float64(r.edges)
}

// regions measures the classes of a label, without the background and without pixels that do not count.
func regions(truth []uint8, width int) map[uint8]region {
	out := map[uint8]region{}
	for i, class := range truth {
		if class == 0 || class == datasets.NoClass {
			continue
		}
		r := out[class]
		r.area++
		x := i % width
		for _, n := range []struct {
			at     int
			inside bool
		}{{i - 1, x > 0}, {i + 1, x < width-1}, {i - width, i >= width}, {i + width, i+width < len(truth)}} {
			if n.inside && truth[n.at] != class {
				r.edges++
			}
		}
		out[class] = r
	}
	return out
}

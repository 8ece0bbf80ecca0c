package datasets

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

// LabelValue is a value that labels have: a grey, such as "255", or a colour, "(128,0,0)".
type LabelValue struct {
	Text    string
	Labels  int     // that have it, of those that were looked at
	Share   float64 // of all their pixels, 0..1
	Pixels  int     // of them
	Example string  // the first label that has it
}

const (
	maxLabels = 200 // labels are decoded, spread over their group: a class may be rare
	maxValues = 32  // of labels are told apart
	mostFlat  = 16  // more values are no classes but soft edges
	// fewPixels are those of a value, in the mean over the labels that have it, below which it may be a slip.
	fewPixels = 16
)

// SwappedLabels is what is said where Flat is true of images and false of their labels.
const SwappedLabels = "the images have few values, as labels have, and the labels have many, as photographs have: " +
	"look whether the two are swapped, and if so, exchange their folders' names or the keys images and labels"

// Flat reports whether a picture has as few values as labels have.
func Flat(m *raster.Image) bool { return len(valuesOf(m)) <= mostFlat }

// labelLike is the share of some files of a group that have few values, as labels have.
func (in *Inspection) labelLike(ctx context.Context, g *fileGroup) float64 {
	const few = 4
	n, like := 0, 0
	for _, file := range g.some(few) {
		m, err := files.Picture(ctx, filepath.Join(in.Dir, filepath.FromSlash(file)))
		if err != nil {
			continue
		}
		n++
		if Flat(m) {
			like++
		}
	}
	if n == 0 {
		return 0
	}
	return float64(like) / float64(n)
}

// valuesOf counts the values of a picture, a few more than labels have at most.
func valuesOf(m *raster.Image) map[string]int {
	counts := map[[3]float64]int{}
	for i := 0; i < m.Width*m.Height && len(counts) <= maxValues; i++ {
		var c [3]float64
		for k := range min(m.Channels, len(c)) {
			c[k] = m.At(i*m.Channels + k)
		}
		if m.Channels < 3 {
			c[1], c[2] = c[0], c[0]
		}
		counts[c]++
	}
	out := make(map[string]int, len(counts))
	for c, n := range counts {
		if c[0] == c[1] && c[1] == c[2] {
			out[fmt.Sprintf("%g", c[0])] = n
		} else {
			out[fmt.Sprintf("(%g,%g,%g)", c[0], c[1], c[2])] = n
		}
	}
	return out
}

// lookAtLabels decodes some labels and counts their values.
func (in *Inspection) lookAtLabels(ctx context.Context, g *fileGroup) {
	found := map[string]*LabelValue{}
	pixels, soft, looked := 0, 0, 0
	var two []LabelFacts // of labels that have two values
	for _, file := range g.some(maxLabels) {
		m, err := files.Picture(ctx, filepath.Join(in.Dir, filepath.FromSlash(file)))
		if err != nil {
			continue
		}
		looked++
		values := valuesOf(m)
		if len(values) > mostFlat {
			soft++
			continue
		}
		if label, err := m.Label(0); err == nil {
			two = append(two, LabelFacts{File: file, Background: label.Background, Foreground: label.Foreground})
		}
		pixels += m.Width * m.Height
		for text, n := range values {
			if found[text] == nil {
				found[text] = &LabelValue{Text: text, Example: file}
			}
			found[text].Labels++
			found[text].Pixels += n
		}
	}
	for _, v := range found {
		v.Share = float64(v.Pixels) / float64(max(pixels, 1))
		in.Labels = append(in.Labels, *v)
	}
	slices.SortFunc(in.Labels, func(a, b LabelValue) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), strings.Compare(a.Text, b.Text))
	})
	switch {
	case soft > 0:
		in.Table.LabelThreshold = 0.5
		in.Notes = append(in.Notes, fmt.Sprintf("%d of %d labels have more than %d values, as soft edges or JPEG "+
			"make them: label-threshold takes what is at least half as bright as white", soft, looked, mostFlat))
	case len(in.Labels) > 2 && len(two) == looked && len(MixedLabels(two)) == 0:
		var uses []string
		for _, v := range in.Labels {
			uses = append(uses, fmt.Sprintf("%s in %d", v.Text, v.Labels))
		}
		in.Notes = append(in.Notes, fmt.Sprintf("each label has two values at most, a dark and a light one, though "+
			"not all the same: %s; what is light is looked for in each", strings.Join(uses, ", ")))
	case len(in.Labels) > 2:
		in.proposeClasses()
		in.warnOfFew(looked)
	}
}

// warnOfFew warns of values that became classes and have few pixels, as slips have and soft edges.
func (in *Inspection) warnOfFew(looked int) {
	var few []string
	value := ""
	for _, v := range in.Labels {
		if v.Pixels < fewPixels*v.Labels && v.Text != string(in.Table.Ignore) {
			value = v.Text
			few = append(few, fmt.Sprintf("%s has %s in %d of %d labels, such as %s", v.Text,
				counted1(v.Pixels, "pixel", "pixels"), v.Labels, looked, v.Example))
		}
	}
	if len(few) == 0 || len(in.Table.Classes) == 0 {
		return
	}
	do := "correct these labels, or, where they have soft edges, write label-threshold = 0.5 in place of classes"
	if len(few) == 1 {
		do = "correct such labels"
		if grey := Level(value); in.Table.Ignore == "" && grey.check() == nil {
			do += ", or take its class out and write ignore = " + value
		}
	}
	in.Warnings = append(in.Warnings, fmt.Sprintf("a value of few pixels became a class, which may be a slip: %s; "+
		"if so, %s", strings.Join(few, "; "), do))
}

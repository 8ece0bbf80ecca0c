package datasets

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// Layouts are those that Inspect understands, for messages.
const Layouts = "images/ with masks/ or labels/; imagesTr/ with labelsTr/; X.jpg with X_mask.png or " +
	"X_segmentation.png in one folder; img_1.png with mask_1.png; and each of them below train/, val/ and test/, or " +
	"a folder for each patient"

// cutChannels treats the _0000 at the end of nnU-Net's names of images, the number of a channel, as their suffix.
func (in *Inspection) cutChannels(groups []*fileGroup) {
	const first = "_0000"
	for _, g := range groups {
		if g.role() != files.Image || g.suffix != "" {
			continue
		}
		n := 0
		for _, file := range g.files {
			stem, _ := files.Stem(file)
			switch {
			case strings.HasSuffix(stem, first):
				n++
			case strings.HasSuffix(stem, "_0001"):
				in.Notes = append(in.Notes, "images seem to have several channels in several files, such as "+file+
					": join them as RGB")
				return
			}
		}
		if n == len(g.files) {
			g.suffix = first
		}
	}
}

// skipUnlabelled leaves folders out of the images in which no image has a label, such as a test part whose labels are
// kept back.
func (in *Inspection) skipUnlabelled(images, labels *fileGroup) {
	star := slices.Index(strings.Split(images.folder, "/"), "*")
	if star < 0 {
		return
	}
	keys := map[string]bool{}
	for _, file := range labels.files {
		keys[labels.key(file)] = true
	}
	name := func(file string) string { return strings.Split(file, "/")[star] }
	labelled := map[string]bool{}
	for _, file := range images.files {
		labelled[name(file)] = labelled[name(file)] || keys[images.key(file)]
	}
	var with []string
	for _, folder := range slices.Sorted(maps.Keys(labelled)) {
		if labelled[folder] {
			with = append(with, escaped(folder))
		}
	}
	if len(with) == len(labelled) {
		return
	}
	var left []string
	images.files = slices.DeleteFunc(images.files, func(file string) bool {
		if !labelled[name(file)] {
			left = append(left, file)
		}
		return !labelled[name(file)]
	})
	images.only = with
	in.Notes = append(in.Notes, fmt.Sprintf("%s no label and %s left out: they lie in folders without labels, such "+
		"as %s", have(len(left), "image"), are(len(left)), path.Dir(left[0])))
}

// usualIgnore is the value of pixels that do not count in many collections, beside classes of small numbers.
const usualIgnore = "255"

// proposeClasses makes a class of each value of the labels, the smallest number or black for the background.
func (in *Inspection) proposeClasses() {
	var levels []Level
	colours := slices.ContainsFunc(in.Labels, func(v LabelValue) bool { return strings.Contains(v.Text, ",") })
	for _, v := range in.Labels {
		var grey float64
		var r, g, b uint8
		if _, err := fmt.Sscanf(v.Text, "(%d,%d,%d)", &r, &g, &b); err != nil {
			if _, err := fmt.Sscan(v.Text, &grey); err != nil || grey < 0 || grey > 65535 ||
				grey != float64(int(grey)) || colours && grey > 255 {
				in.Unclear = true
				in.Notes = append(in.Notes, fmt.Sprintf("labels have %d values, which cannot be classes, such as %s",
					len(in.Labels), v.Text))
				return
			}
			r, g, b = uint8(grey), uint8(grey), uint8(grey)
		}
		if colours {
			levels = append(levels, Level(fmt.Sprintf("#%02x%02x%02x", r, g, b)))
		} else {
			levels = append(levels, Level(v.Text))
		}
	}
	number := func(l Level) (n int) {
		if _, err := fmt.Sscanf(string(l), "#%x", &n); err == nil {
			return n
		}
		_, _ = fmt.Sscan(string(l), &n) // a whole number, as was checked
		return n
	}
	slices.SortFunc(levels, func(a, b Level) int { return number(a) - number(b) })
	if last := len(levels) - 1; levels[last] == usualIgnore && number(levels[last-1]) < last {
		in.Table.Ignore, levels = usualIgnore, levels[:last]
		in.Notes = append(in.Notes, "the value 255 beside small numbers is taken for pixels that do not count")
	}
	for i, l := range levels {
		name := "background"
		if i > 0 {
			name = fmt.Sprintf("class %d", i)
		}
		in.Table.Classes = append(in.Table.Classes, Class{name, l})
	}
	in.Notes = append(in.Notes, fmt.Sprintf("labels have %d values, each of which is taken for a class: give them "+
		"their names", len(levels)))
}

// toml writes classes as in the TOML file: names alone where their values are 0, 1, 2, ….
func (c Classes) toml() string {
	plain := true
	for i, class := range c {
		plain = plain && string(class.Value) == fmt.Sprint(i)
	}
	var texts []string
	for _, class := range c {
		switch {
		case plain:
			texts = append(texts, tomlString(class.Name))
		case strings.HasPrefix(string(class.Value), "#"):
			texts = append(texts, fmt.Sprintf("{ name = %s, color = %s }",
				tomlString(class.Name), tomlString(string(class.Value))))
		default:
			texts = append(texts, fmt.Sprintf("{ name = %s, value = %s }", tomlString(class.Name), class.Value))
		}
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

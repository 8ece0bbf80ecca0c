package verify

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/datasets"
	"r2unet/datasets/files"
)

// findRepeated looks for identical pictures, and for patients on both sides of the split: of that of the table, or of
// each that the dataset has, where the table names none.
func (out *Dataset) findRepeated(
	d *datasets.Description, config datasets.Config, entries []files.Entry, images []checked,
) {
	same := map[string][]checked{}
	for _, m := range images {
		if m.pixels != "" {
			same[m.pixels] = append(same[m.pixels], m)
		}
	}
	for _, m := range images {
		if group := same[m.pixels]; len(group) > 1 && group[0].ID == m.ID {
			var names []string
			for _, other := range group[1:] {
				names = append(names, other.Image)
			}
			out.add(Warning, m.Image, "has the same pixels as "+strings.Join(names, ", "))
		}
	}
	labels := map[string][]string{}
	for _, m := range images {
		if m.truth != "" {
			labels[m.truth] = append(labels[m.truth], m.Label)
		}
	}
	for _, m := range images {
		group := labels[m.truth]
		if len(group) > 1 && group[0] == m.Label && len(same[m.pixels]) < 2 {
			out.add(Warning, m.Label, "labels the same pixels as "+strings.Join(group[1:], ", ")+", of other images")
		}
	}
	noParts := !slices.ContainsFunc(entries, func(e files.Entry) bool { return e.Part != "" })
	protocols, named := d.SplitNames(), config.Split != ""
	if named {
		protocols = []string{config.Split}
	}
	for _, protocol := range protocols {
		if protocol == datasets.ByFolder && noParts && !named {
			continue
		}
		config.Split = protocol
		splits, err := d.Divide(entries, config, splitSeed)
		if err != nil {
			if len(entries) > 0 && protocol != d.Splits[0].Name { // the first one is the usual one, which try reports
				out.add(Note, "", err.Error())
			}
			continue
		}
		out.crossing(protocol, splits, entries, same)
		text := datasets.UnusedParts(entries, splits)
		if text != "" && protocol == d.Splits[0].Name && slices.Contains(d.SplitNames(), "official") {
			out.add(Note, "", fmt.Sprintf("split = %q, the usual one, %s", protocol, text))
		}
	}
}

// crossing reports what is on both sides of a split, that is, in its train or validation part and in its test part.
func (out *Dataset) crossing(
	protocol string, splits []datasets.Split, entries []files.Entry, same map[string][]checked,
) {
	subject := map[string]string{}
	for _, e := range entries {
		subject[e.ID] = e.Subject
	}
	patients, pictures := map[string]bool{}, 0
	for _, s := range splits {
		tested := map[string]bool{}
		for _, id := range s.Test {
			tested[id] = true
		}
		sides := map[string]int{}
		for _, id := range slices.Concat(s.Train, s.Validation) {
			sides[subject[id]] |= 1
		}
		for _, id := range s.Test {
			sides[subject[id]] |= 2
		}
		for p, both := range sides {
			if both == 3 {
				patients[p] = true
			}
		}
		for _, group := range same {
			n := 0
			for _, m := range group {
				if tested[m.ID] {
					n++
				}
			}
			if n > 0 && n < len(group) {
				pictures++
			}
		}
	}
	if len(patients) > 0 {
		list := slices.Sorted(keys(patients))
		out.add(Note, "", fmt.Sprintf("split = %q has %d patients on both sides of the test, such as %s",
			protocol, len(list), list[0]))
	}
	if pictures > 0 {
		out.add(Warning, "", fmt.Sprintf("split = %q has %d pictures with identical pixels on both sides of the test",
			protocol, pictures))
	}
}

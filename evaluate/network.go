package evaluate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// family is a network of the paper, whatever its tables call it.
type family struct {
	block string
	names []string // in the paper
}

// families in the order of the paper's tables.
var families = []family{
	{"forward", []string{"U-Net"}},
	{"residual", []string{"ResU-Net", "Residual U-Net"}},
	{"recurrent", []string{"RU-Net", "Recurrent U-Net", "RecU-Net"}},
	{"recurrent-residual", []string{"R2U-Net"}},
}

// family is the place in the paper's order of the networks that are made of r's block. It says which printed rows stand
// beside r, and nothing about what r is called.
func (r *Result) family() int {
	block := r.Facet("block")
	if block == "" {
		return familyOf(r.Architecture)
	}
	for i, f := range families {
		if f.block == block {
			return i
		}
	}
	return len(families)
}

// familyOf returns the place of a printed method in the paper's order, whichever of its
// names is used and with or without "(t=2)"; len(families) where it has none.
func familyOf(method string) int {
	name, _, _ := strings.Cut(method, " (")
	for i, f := range families {
		if slices.ContainsFunc(f.names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return i
		}
	}
	return len(families)
}

// Label is the network's name in the matrix with the facets that belong to it, e.g. "R2U-Net (t=2)".
func (r *Result) Label() string {
	name := cmp.Or(r.Architecture, r.Facet("block"))
	more := slices.DeleteFunc(r.texts(inName), func(text string) bool { return strings.Contains(name, text) })
	if len(more) > 0 {
		name += " (" + strings.Join(more, ", ") + ")"
	}
	return name
}

// Title is the label with what names of runs say besides, e.g. "R2U-Net (t=2), shared".
func (r *Result) Title() string {
	return strings.Join(append([]string{r.Label()}, r.texts(inTitle)...), ", ")
}

// Setting is what tells apart two networks of one label, e.g. "shared, batch, 16–32–64–128".
func (r *Result) Setting() string {
	return strings.Join(r.texts(func(f Facet) bool { return !inName(f) }), ", ")
}

// NetworkKey is the same for two results exactly where they are of one network: one name, one block, the same settings.
func (r *Result) NetworkKey() string {
	key := strconv.Quote(r.Architecture)
	for _, f := range r.Facets {
		key += fmt.Sprintf(" %q %q", f.Key, f.Value)
	}
	return key
}

// RowKey is the same for two results exactly where they belong in one row or curve: one network on the same files of
// one dataset, in any fold and from any seed.
func (r *Result) RowKey() string {
	data := r.DataHash
	if data == "" {
		data = r.Note // all that an earlier version recorded
	}
	return fmt.Sprintf("%q %q %s", r.DatasetLabel(), data, r.NetworkKey())
}

// Names returns a name for each of several networks, by its key: its label where no other network has that label, and
// otherwise the label with what tells them apart. No two keys get one name.
func Names(of []*Result, key func(*Result) string) map[string]string {
	sameLabel := map[string]map[string]*Result{}
	for _, r := range of {
		if sameLabel[r.Label()] == nil {
			sameLabel[r.Label()] = map[string]*Result{}
		}
		if sameLabel[r.Label()][key(r)] == nil {
			sameLabel[r.Label()][key(r)] = r
		}
	}
	names := map[string]string{}
	for _, networks := range sameLabel {
		for k, r := range networks {
			names[k] = r.Label()
		}
		for _, name := range []func(*Result) string{
			(*Result).Title,
			func(r *Result) string { return r.Label() + ", " + r.Setting() },
			func(r *Result) string { return r.Label() + ", " + r.Setting() + ", " + r.Facet("block") },
			func(r *Result) string {
				return r.Label() + ", " + r.Setting() + ", " + r.Facet("block") + ", files " + r.DataHash
			},
			func(r *Result) string { return r.Label() + ", " + key(r) },
		} {
			taken := map[string]bool{}
			for k := range networks {
				taken[names[k]] = true
			}
			if len(taken) == len(networks) {
				break
			}
			for k, r := range networks {
				names[k] = name(r)
			}
		}
	}
	return names
}

package evaluate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// family is a network of the paper with the names that its tables use.
type family struct {
	block string
	names []string // in the paper
}

// families lists the paper's networks in the order of its tables.
var families = []family{
	{"forward", []string{"U-Net"}},
	{"residual", []string{"ResU-Net", "Residual U-Net"}},
	{"recurrent", []string{"RU-Net", "Recurrent U-Net", "RecU-Net"}},
	{"recurrent-residual", []string{"R2U-Net"}},
}

// family returns the place of networks of r's block in the paper's order. It decides which printed rows
// appear beside r, independently of r's name.
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

// Label returns the network's name in the matrix with the facets that belong to the name, e.g. "R2U-Net
// (t=2)".
func (r *Result) Label() string {
	name := cmp.Or(r.Architecture, r.Facet("block"))
	more := slices.DeleteFunc(r.texts(inName), func(text string) bool { return strings.Contains(name, text) })
	if len(more) > 0 {
		name += " (" + strings.Join(more, ", ") + ")"
	}
	return name
}

// Title returns the label with the facets that names of runs contain, e.g. "R2U-Net (t=2), shared".
func (r *Result) Title() string {
	return strings.Join(append([]string{r.Label()}, r.texts(inTitle)...), ", ")
}

// Setting returns what distinguishes two networks of the same label, e.g. "shared, batch, 16–32–64–128".
func (r *Result) Setting() string {
	return strings.Join(r.texts(func(f Facet) bool { return !inName(f) }), ", ")
}

// NetworkKey identifies the network: two results have the same key if and only if name and settings are
// equal.
func (r *Result) NetworkKey() string {
	key := strconv.Quote(r.Architecture)
	for _, f := range r.Facets {
		key += fmt.Sprintf(" %q %q", f.Key, f.Value)
	}
	return key
}

// RowKey identifies the table row: two results have the same key if and only if they are of one network on
// the same files of one dataset, whatever their fold and seed.
func (r *Result) RowKey() string {
	return fmt.Sprintf("%q %q %s", r.DatasetLabel(), r.data(), r.NetworkKey())
}

// data identifies the files: their hash, or the note, which is all that records of earlier versions have.
func (r *Result) data() string { return cmp.Or(r.DataHash, r.Note) }

// Names returns a unique name for each of several networks, by its key: its label if no other network has it,
// and otherwise the label with the settings that distinguish it.
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

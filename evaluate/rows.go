package evaluate

import (
	"fmt"
	"slices"
	"strings"
)

// KernelsThen separates, in [Result.Kernels], the kernels that a run started and continued with; its bits
// match neither's.
const KernelsThen = ", then "

// rows holds the groups of one dataset in the order of its table.
type rows []group

// byDataset splits sorted groups into those of each dataset.
func byDataset(found []group) []rows {
	var all []rows
	for _, g := range found {
		if n := len(all); n > 0 && all[n-1][0][0].DatasetLabel() == g[0].DatasetLabel() {
			all[n-1] = append(all[n-1], g)
		} else {
			all = append(all, rows{g})
		}
	}
	return all
}

// byFiles splits the groups by the files they ran on: images of different files are different even if they
// share a name, and are never paired.
func (d rows) byFiles() []rows {
	var all []rows
	for _, g := range d {
		at := slices.IndexFunc(all, func(same rows) bool { return same[0][0].DataHash == g[0].DataHash })
		if at < 0 {
			all = append(all, nil)
			at = len(all) - 1
		}
		all[at] = append(all[at], g)
	}
	return all
}

// names returns the groups' unique names by their keys. The same network on other files keeps its name.
func (d rows) names() map[string]string {
	var first []*Result
	for _, g := range d {
		first = append(first, g[0])
	}
	networks := Names(first, (*Result).NetworkKey)
	names := map[string]string{}
	for _, r := range first {
		names[r.RowKey()] = networks[r.NetworkKey()]
	}
	return names
}

// data describes in a line each kind of data that the rows are from, with the networks if there are several
// kinds.
func (d rows) data() []string {
	networks := map[string][]string{}
	var kinds []string
	names := d.names()
	for _, g := range d {
		kind := g.data()
		if networks[kind] == nil {
			kinds = append(kinds, kind)
		}
		networks[kind] = append(networks[kind], names[g[0].RowKey()])
	}
	if len(kinds) > 1 {
		for i, kind := range kinds {
			kinds[i] = strings.Join(networks[kind], ", ") + ": " + kind
		}
	}
	return kinds
}

// precision returns that of a kernel's products as its name has it, "" for float32.
func precision(kernels string) string {
	for _, word := range strings.Fields(kernels) {
		if word == "bf16" || word == "tf32" {
			return word
		}
	}
	return ""
}

// mark explains why a group's row is not comparable with the other rows of its dataset, other files or other
// kernels, or with float32.
func (d rows) mark(g group) string {
	var parts []string
	if first := d[0]; first[0].DataHash != g[0].DataHash {
		parts = append(parts, fmt.Sprintf("run on other files than %s: not comparable", d.names()[first[0].RowKey()]))
	}
	var all group
	for _, other := range d {
		all = append(all, other...)
	}
	kernels := func(r *Result) string { return r.Kernels }
	own, every := g.distinct(kernels), all.distinct(kernels)
	switch {
	case slices.ContainsFunc(own, func(k string) bool { return strings.Contains(k, KernelsThen) }):
		parts = append(parts, "gone on under other kernels: "+strings.Join(own, "; "))
	case len(own) > 1:
		parts = append(parts, "runs of different kernels: "+strings.Join(own, "; "))
	case len(every) > 1 && len(own) == 1:
		others := slices.DeleteFunc(every, func(k string) bool { return k == own[0] })
		parts = append(parts, fmt.Sprintf("kernels %s, other rows %s", own[0], strings.Join(others, "; ")))
	case len(own) == 1 && precision(own[0]) != "":
		parts = append(parts, "convolutions in "+precision(own[0]))
	}
	return strings.Join(parts, "; ")
}

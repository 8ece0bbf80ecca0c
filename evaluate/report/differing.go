package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
)

// differingRow is a setting that compared sweeps do not share.
type differingRow struct {
	Key    string
	Values []string // one for each sweep, "" for one that is not compared
	Where  string   // the networks that it differs for
}

// Parts splits the key where a line may break: behind dots and underscores.
func (r differingRow) Parts() []string {
	apart := strings.NewReplacer(".", ".\x00", "_", "_\x00").Replace(r.Key)
	return strings.Split(strings.TrimSuffix(apart, "\x00"), "\x00")
}

// differingSettings makes the section of settings that differ between sweeps.
type differingSettings struct {
	Letters []string
	Rows    []differingRow
	Alike   string // what is compared, where nothing differs
}

// unset is shown for a setting that a record does not have.
const unset = "default"

// factsOf are compared like settings.
var factsOf = map[string]func(*archive.Run) string{
	"device":  func(r *archive.Run) string { return r.Result.Cost.Device },
	"kernels": func(r *archive.Run) string { return r.Result.Kernels },
	"files":   func(r *archive.Run) string { return r.Result.DataHash },
}

// settingsBy holds, for each sweep, the runs that a comparison of settings puts side by side.
type settingsBy struct {
	name  string
	every []map[string][]string // values by setting; nil where the sweep has no such runs
}

// differing lists the settings that differ between runs of a network on a dataset in several sweeps, or, where no two
// sweeps have a network in common, between all their runs.
func differing(sweeps []*archive.Sweep) differingSettings {
	var d differingSettings
	for i := range sweeps {
		d.Letters = append(d.Letters, evaluate.SweepLetter(i))
	}
	pairs := settingsByNetwork(sweeps)
	if len(pairs) == 0 {
		all := settingsBy{"all runs", make([]map[string][]string, len(sweeps))}
		for i, s := range sweeps {
			for _, r := range s.Runs {
				all.add(i, r)
			}
		}
		pairs = []settingsBy{all}
	}
	var of [][]string // the networks of each row
	for _, p := range pairs {
		for _, key := range p.keys() {
			values, differ := p.values(key)
			if !differ {
				continue
			}
			at := slices.IndexFunc(d.Rows, func(r differingRow) bool { return r.Key == key && agree(r.Values, values) })
			if at < 0 {
				at = len(d.Rows)
				d.Rows, of = append(d.Rows, differingRow{key, make([]string, len(values)), ""}), append(of, nil)
			}
			for i, v := range values {
				d.Rows[at].Values[i] = cmp.Or(d.Rows[at].Values[i], v)
			}
			of[at] = append(of[at], p.name)
		}
	}
	for at := range d.Rows {
		d.Rows[at].Where = whereOf(of[at], pairs)
	}
	slices.SortStableFunc(d.Rows, func(a, b differingRow) int { return strings.Compare(a.Key, b.Key) })
	d.Alike = fmt.Sprintf("Nothing differs for the %d networks that two folders have.", len(pairs))
	return d
}

// agree reports whether two lists of values are the same wherever both have one.
func agree(a, b []string) bool {
	for i := range a {
		if a[i] != "" && b[i] != "" && a[i] != b[i] {
			return false
		}
	}
	return true
}

// whereOf names networks: all that are compared, all of a dataset, or each.
func whereOf(names []string, pairs []settingsBy) string {
	if len(names) == len(pairs) {
		return "all that is compared"
	}
	count := func(names []string) (datasets []string, networks map[string][]string) {
		networks = map[string][]string{}
		for _, name := range names {
			dataset, network, _ := strings.Cut(name, ": ")
			datasets = addOnce(datasets, dataset)
			networks[dataset] = append(networks[dataset], network)
		}
		return datasets, networks
	}
	var all []string
	for _, p := range pairs {
		all = append(all, p.name)
	}
	_, every := count(all)
	datasets, networks := count(names)
	var parts []string
	for _, dataset := range datasets {
		if len(networks[dataset]) == len(every[dataset]) {
			parts = append(parts, dataset)
		} else {
			parts = append(parts, dataset+": "+strings.Join(networks[dataset], ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// settingsByNetwork returns the networks that at least two sweeps have, in the order of tables.
func settingsByNetwork(sweeps []*archive.Sweep) []settingsBy {
	type placed struct {
		*archive.Run
		sweep int
	}
	var runs []placed
	for i, s := range sweeps {
		for _, r := range s.Runs {
			if len(r.Config) > 0 { // else listed among the problems
				runs = append(runs, placed{r, i})
			}
		}
	}
	slices.SortStableFunc(runs, func(a, b placed) int { return evaluate.CompareResults(&a.Result, &b.Result) })
	var all []settingsBy
	at := map[string]int{}
	for _, r := range runs {
		name := r.Result.DatasetLabel() + ": " + r.Result.Label()
		if _, seen := at[name]; !seen {
			at[name] = len(all)
			all = append(all, settingsBy{name, make([]map[string][]string, len(sweeps))})
		}
		all[at[name]].add(r.sweep, r.Run)
	}
	return slices.DeleteFunc(all, func(p settingsBy) bool {
		have := 0
		for _, values := range p.every {
			if values != nil {
				have++
			}
		}
		return have < 2
	})
}

// add adds the settings of a run, the files it ran on, and what computed it.
func (p *settingsBy) add(sweep int, r *archive.Run) {
	if p.every[sweep] == nil {
		p.every[sweep] = map[string][]string{}
	}
	settings := r.Settings()
	for key, fact := range factsOf {
		if value := fact(r); value != "" {
			settings[key] = value
		}
	}
	for key, value := range settings {
		p.every[sweep][key] = addOnce(p.every[sweep][key], value)
	}
}

// keys returns all settings, ordered.
func (p *settingsBy) keys() []string {
	all := map[string]bool{}
	for _, values := range p.every {
		for key := range values {
			all[key] = true
		}
	}
	return sortedKeys(all)
}

// values returns a setting in each sweep, and whether it differs. Several values of a sweep stand in one text.
func (p *settingsBy) values(key string) (values []string, differ bool) {
	values = make([]string, len(p.every))
	first := ""
	for i, every := range p.every {
		if every == nil {
			continue
		}
		slices.Sort(every[key])
		values[i] = shortList(every[key])
		if len(every[key]) == 0 {
			values[i] = unset
			if _, fact := factsOf[key]; fact || strings.HasPrefix(key, "versions.") {
				values[i] = evaluate.Dash // not recorded
			}
		}
		if first == "" {
			first = values[i]
		}
		differ = differ || values[i] != first
	}
	return values, differ
}

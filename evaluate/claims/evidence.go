package claims

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/record"
)

// A Run is one run of a results folder with its learning curve.
type Run struct {
	Folder  string // name of the results folder
	Result  evaluate.Result
	History []record.Epoch
}

// Evidence is the runs that claims are tested on.
type Evidence struct {
	Folders []string // their names
	sets    []*set   // in the paper's order
	names   map[string]string
	unused  []string // runs that are not used, and why
	// Problems are files that could not be read, one line each; what is in them is not used.
	Problems []string
}

// A set is a dataset with the networks that were tested on the same files of it, at least one.
type set struct {
	name     string
	networks []*network
}

// A network is one network's finished runs on a dataset, ordered by seed and fold, at least one.
type network struct {
	name string
	runs []*Run
}

// Open reads results folders.
func Open(folders ...string) (*Evidence, error) {
	if len(folders) == 0 {
		return nil, errors.New("no results folder: name one, such as results/night")
	}
	var runs []Run
	var names, problems []string
	for _, folder := range folders {
		sweep, err := archive.Open(folder)
		if err != nil {
			return nil, err
		}
		for _, r := range sweep.Runs {
			history := r.History
			if !r.Whole() {
				history = nil
			}
			runs = append(runs, Run{sweep.Name, r.Result, history})
		}
		for _, problem := range sweep.AllProblems() {
			problems = append(problems, sweep.Name+": "+problem)
		}
		names = append(names, sweep.Name)
		if err := sweep.Close(); err != nil {
			return nil, err
		}
	}
	e, err := New(names, runs)
	if err != nil {
		return nil, err
	}
	e.Problems = problems
	return e, nil
}

// New sorts runs by dataset and network. Phantoms, validation images and unfinished runs are left out and counted. It
// fails if two runs are of the same network, dataset, files, seed and fold with different results, because a mean over
// them would have no meaning.
func New(folders []string, runs []Run) (*Evidence, error) {
	e := &Evidence{Folders: folders}
	unused := map[string]int{}
	var used []*Run
	for i := range runs {
		r := &runs[i]
		switch {
		case r.Result.Status != evaluate.Finished:
			unused["not finished or failed"]++
		case r.Result.Phantom:
			unused["on a phantom, whose images are drawn"]++
		case r.Result.Assessed != "":
			unused["tested on validation images"]++
		default:
			used = append(used, r)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(unused)) {
		e.unused = append(e.unused, fmt.Sprintf("%s: %s", why, plural(unused[why], "run")))
	}
	slices.SortStableFunc(used, func(a, b *Run) int { return evaluate.CompareResults(&a.Result, &b.Result) })
	var results []*evaluate.Result
	for _, r := range used {
		results = append(results, &r.Result)
	}
	e.names = evaluate.Names(results, (*evaluate.Result).NetworkKey)
	return e, e.sort(used)
}

// sort fills the sets with ordered runs.
func (e *Evidence) sort(runs []*Run) error {
	files := map[string]map[string]bool{} // of each dataset
	for _, r := range runs {
		label := r.Result.DatasetLabel()
		if files[label] == nil {
			files[label] = map[string]bool{}
		}
		files[label][r.Result.DataHash] = true
	}
	for _, r := range runs {
		name := r.Result.DatasetLabel()
		if len(files[name]) > 1 {
			name += ", files " + cmp.Or(r.Result.DataHash, "not recorded")
		}
		s := find(&e.sets, func(s *set) bool { return s.name == name }, &set{name: name})
		key := r.Result.NetworkKey()
		n := find(&s.networks, func(n *network) bool { return n.key() == key }, &network{name: e.names[key]})
		twin := slices.IndexFunc(n.runs, func(o *Run) bool {
			return o.Result.Seed == r.Result.Seed && o.Result.Fold == r.Result.Fold
		})
		switch {
		case twin < 0:
			n.runs = append(n.runs, r)
		case !same(n.runs[twin], r):
			return fmt.Errorf("%s on %s with seed %d, fold %d is there twice, in %s (run %s) and in %s (run %s), with "+
				"different results; name folders of one profile", n.name, s.name, r.Result.Seed, r.Result.Fold,
				n.runs[twin].Folder, n.runs[twin].Result.RunID, r.Folder, r.Result.RunID)
		}
	}
	return nil
}

// find returns the element of a list that fits, or appends one.
func find[T any](list *[]*T, fits func(*T) bool, fresh *T) *T {
	if i := slices.IndexFunc(*list, fits); i >= 0 {
		return (*list)[i]
	}
	*list = append(*list, fresh)
	return fresh
}

// same reports whether two runs are copies of one.
func same(a, b *Run) bool {
	return a.Result.RunID == b.Result.RunID &&
		a.Result.Measures.All.Micro.Counts == b.Result.Measures.All.Micro.Counts
}

func (n *network) key() string {
	if len(n.runs) == 0 {
		return ""
	}
	return n.runs[0].Result.NetworkKey()
}

func (n *network) parameters() int { return n.runs[0].Result.Parameters }

// facet returns a setting of the network.
func (n *network) facet(key string) string { return n.runs[0].Result.Facet(key) }

// with returns the network with a key; nil if it was not run.
func (s *set) with(key string) *network {
	for _, n := range s.networks {
		if n.key() == key {
			return n
		}
	}
	return nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

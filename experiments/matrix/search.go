package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"r2unet/experiments/search"
)

// Search is a [profile.NAME.search] table: trials, each an ordinary run, at points of a space of settings.
type Search struct {
	// Method is how points are drawn; default "tpe".
	Method string `toml:"method" json:"method"`
	// Trials is the number of points that are tried for each network on each dataset.
	Trials int `toml:"trials" json:"-"`
	// Measure is what is searched for, on validation images; default "dice".
	Measure string `toml:"measure" json:"measure"`
	// Seed is that of the drawn points; default 0.
	Seed int64 `toml:"seed" json:"seed"`
	// Pruning is the rule by which trials end early; default "none".
	Pruning string `toml:"pruning" json:"pruning"`

	// Written is a table of its own, the space: for each key a range {low = …, high = …, log = true} or a list of
	// values.
	Written map[string]any `toml:"space" json:"-"`
	Space   search.Space   `toml:"-" json:"space"`

	values [][]any // of the keys that have a list
}

// Place is a trial's place in a search that stops trials early: what it depends on besides its own settings.
type Place struct {
	Search
	Trial int `json:"trial"` // from 1
}

// maxTrials is more than anyone can train.
const maxTrials = 1000

// maxCorners limits the combinations of ends of ranges and of choices that are checked beforehand.
const maxCorners = 64

// maxPairs limits the combinations of two of many values.
const maxPairs = 4096

// settle fills in defaults and checks the table; errors begin with the key.
func (s *Search) settle() (err error) {
	s.Method, s.Measure = cmp.Or(s.Method, "tpe"), cmp.Or(s.Measure, selectDice)
	s.Pruning = cmp.Or(s.Pruning, search.NoPruning)
	if s.Trials < 1 || s.Trials > maxTrials {
		return fmt.Errorf("trials = %d: must be from 1 to %d", s.Trials, maxTrials)
	}
	if s.Seed < 0 {
		return fmt.Errorf("seed = %d: must be at least 0", s.Seed)
	}
	if _, s.Method, err = search.Get(s.Method); err != nil {
		return fmt.Errorf("method = %w", err)
	}
	if _, s.Pruning, err = search.GetPruning(s.Pruning); err != nil {
		return fmt.Errorf("pruning = %w", err)
	}
	known := slices.DeleteFunc(selectable(), func(name string) bool { return name == selectLast })
	if !slices.Contains(known, s.Measure) {
		return fmt.Errorf("measure = %q: must be one of %s", s.Measure, strings.Join(known, ", "))
	}
	s.Measure = selecting(s.Measure).Select
	if s.Space, s.values, err = readSpace(s.Written); err != nil {
		return err
	}
	if size := s.Space.Size(); size < float64(s.Trials) {
		return fmt.Errorf("trials = %d: the space has %g points, and none is tried twice: take fewer trials, or make "+
			"it a grid, by lists in the profile",
			s.Trials, size)
	}
	return nil
}

// selecting returns settings that select the epoch by a measure, in canonical form.
func selecting(measure string) Training {
	t := Training{Select: measure}
	t.defaults()
	return t
}

// LowerIsBetter reports the direction of the measure.
func (s *Search) LowerIsBetter() bool {
	m := Training{Select: s.Measure}.Selected()
	return m == nil || m.LowerIsBetter
}

// At returns a run of the profile at a point of the space: a run as of a grid.
func (s *Search) At(r Run, p search.Point) (Run, error) {
	r.Point = nil
	for i, key := range s.Space {
		var value any = p[i]
		if key.Whole {
			value = int64(p[i])
		}
		if len(key.Choices) > 0 {
			value = s.values[i][int(p[i])]
		}
		if err := setSearched(&r, key.Name, value); err != nil {
			return Run{}, err
		}
		r.Point = append(r.Point, Setting{key.Name, key.Text(p[i])})
	}
	r.Training.defaults()
	r.Dataset.Augment = r.Dataset.Augment.Canonical()
	return r, nil
}

// Trial is At for a trial, counted from 1. If trials are stopped early, its place in the search is part of the run's
// identity.
func (s *Search) Trial(r Run, p search.Point, number int) (Run, error) {
	r, err := s.At(r, p)
	if s.Pruning != search.NoPruning {
		r.Search = &Place{Search: *s, Trial: number}
	}
	return r, err
}

// Corners lists the combinations of the ends of ranges and of all choices. If there are more than limit, it lists those
// in which at most two keys differ from their first values, as conflicts are between two settings; or one, if there
// are very many values.
func (s *Search) Corners(limit int) []search.Point {
	first := make(search.Point, len(s.Space))
	ends := make([][]float64, len(s.Space))
	product, pairs, others := 1, 0, 0
	for i, key := range s.Space {
		ends[i] = []float64{key.Low, key.High}
		if n := len(key.Choices); n > 0 {
			ends[i] = ends[i][:0]
			for c := range n {
				ends[i] = append(ends[i], float64(c))
			}
		}
		first[i] = ends[i][0]
		product = min(product*len(ends[i]), limit+1)
		pairs += others * (len(ends[i]) - 1)
		others += len(ends[i]) - 1
	}
	switch {
	case product <= limit:
		return corners(ends, first, len(ends))
	case pairs <= maxPairs:
		return corners(ends, first, 2)
	}
	return corners(ends, first, 1)
}

// corners lists the points in which at most some keys differ from their first ends.
func corners(ends [][]float64, from search.Point, differ int) []search.Point {
	all := []search.Point{from}
	if differ == 0 {
		return all
	}
	for i := range ends {
		for _, v := range ends[i][1:] {
			p := slices.Clone(from)
			p[i] = v
			rest := slices.Clone(ends) // later keys alone, so that no point comes twice
			for earlier := range i + 1 {
				rest[earlier] = ends[earlier][:1]
			}
			all = append(all, corners(rest, p, differ-1)...)
		}
	}
	return all
}

// has reports whether a key is searched.
func (s *Search) has(name string) bool {
	return s != nil && slices.ContainsFunc(s.Space, func(k search.Key) bool { return k.Name == name })
}

// CheckSelection rejects a selection by a key that the profile searches.
func (p Profile) CheckSelection(s Selection) error {
	for _, c := range s {
		if p.Search.has(c.key) {
			return fmt.Errorf("-only: %s is searched for by profile %s, so there is nothing to select by it yet",
				c.key, p.Name)
		}
	}
	return nil
}

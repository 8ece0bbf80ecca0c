package record

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// SearchFile holds the searches of a results folder, each for a network on a dataset: a list of Search.
const SearchFile = "search.json"

// Search is the trials of a search so far.
type Search struct {
	Name          string      `json:"name"`  // of its network and dataset, for people
	Label         string      `json:"label"` // likewise, for names of files
	Profile       string      `json:"profile"`
	Method        string      `json:"method"`
	Pruning       string      `json:"pruning"`
	Measure       string      `json:"measure"`  // name for people
	Select        string      `json:"select"`   // the measure as a value of the key select
	Decimals      int         `json:"decimals"` // of the measure's values in tables
	LowerIsBetter bool        `json:"lower_is_better"`
	Planned       int         `json:"planned"` // trials
	Keys          []SearchKey `json:"keys"`
	Trials        []Trial     `json:"trials"` // in the order in which they were tried
}

// SearchKey is a key that is searched: a range, or choices.
type SearchKey struct {
	Key     string   `json:"key"`
	Low     float64  `json:"low,omitempty"`
	High    float64  `json:"high,omitempty"`
	Log     bool     `json:"log,omitempty"`
	Choices []string `json:"choices,omitempty"`
}

// States of a trial.
const (
	TrialFinished = "finished"
	TrialStopped  = "stopped early"
	TrialDiverged = "diverged"
	TrialRunning  = "running"
)

// Trial is one trial of a search.
type Trial struct {
	Number int      `json:"number"` // from 1
	Run    string   `json:"run"`    // ID
	Values []string `json:"values"` // of the keys, in their order
	State  string   `json:"state"`
	Value  *float64 `json:"value,omitempty"`  // the best of the measure over its epochs; nil = none
	Best   int      `json:"best,omitempty"`   // epoch of that value, from 1
	Epochs int      `json:"epochs,omitempty"` // that were trained
}

// Check returns an error for what a search does not write, so that pages can rely on the rest.
func (s Search) Check() error {
	if s.Label == "" || s.Label != Slug(s.Label) {
		return fmt.Errorf("%.40q cannot be part of a name of files", s.Label)
	}
	if len(s.Keys) == 0 || len(s.Keys) > 100 || len(s.Trials) > 100_000 {
		return fmt.Errorf("%s has %d keys and %d trials", s.Label, len(s.Keys), len(s.Trials))
	}
	for _, t := range s.Trials {
		if len(t.Values) != len(s.Keys) {
			return fmt.Errorf("%s: trial %d has %d values of %d keys", s.Label, t.Number, len(t.Values), len(s.Keys))
		}
		for i, value := range t.Values {
			if err := s.Keys[i].check(value); err != nil {
				return fmt.Errorf("%s: trial %d: %w", s.Label, t.Number, err)
			}
		}
	}
	return nil
}

// check returns an error for a value that is not one of the key's choices, or not a number if it has none.
func (k SearchKey) check(value string) error {
	if len(k.Choices) > 0 {
		if !slices.Contains(k.Choices, value) {
			return fmt.Errorf("%s = %.40q is none of its choices", k.Key, value)
		}
		return nil
	}
	if x, err := strconv.ParseFloat(value, 64); err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Errorf("%s = %.40q is no number", k.Key, value)
	}
	return nil
}

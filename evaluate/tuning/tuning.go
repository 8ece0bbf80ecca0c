// Package tuning tells what a search has found: its trials in order of quality, the best point as TOML, and how much
// each key had to do with it.
package tuning

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"r2unet/evaluate/record"
)

// Ranked returns the trials that have ended, best first; those without a value are last, and equal ones keep the order
// in which they were tried.
func Ranked(s record.Search) []record.Trial {
	var trials []record.Trial
	for _, t := range s.Trials {
		if t.State != record.TrialRunning && len(t.Values) == len(s.Keys) {
			trials = append(trials, t)
		}
	}
	slices.SortStableFunc(trials, func(a, b record.Trial) int { return cmp.Compare(loss(s, a), loss(s, b)) })
	return trials
}

// loss is a trial's value turned so that smaller is better; +Inf without a value.
func loss(s record.Search, t record.Trial) float64 {
	switch {
	case t.Value == nil || math.IsNaN(*t.Value):
		return math.Inf(1)
	case s.LowerIsBetter:
		return *t.Value
	}
	return -*t.Value
}

// Best returns the best trial, if any has a value.
func Best(s record.Search) (record.Trial, bool) {
	trials := Ranked(s)
	if len(trials) == 0 || trials[0].Value == nil {
		return record.Trial{}, false
	}
	return trials[0], true
}

// Summary says in a line how many trials have ended how.
func Summary(s record.Search) string {
	count := map[string]int{}
	for _, t := range s.Trials {
		count[t.State]++
	}
	text := fmt.Sprintf("%d of %d trials",
		count[record.TrialFinished]+count[record.TrialStopped]+count[record.TrialDiverged], s.Planned)
	var parts []string
	for _, state := range []string{record.TrialStopped, record.TrialDiverged} {
		if n := count[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	return text
}

// TOML returns the best point as lines to be pasted into the profile in place of its search; "" if there is none.
func TOML(s record.Search) string {
	best, ok := Best(s)
	if !ok {
		return ""
	}
	text := fmt.Sprintf("# %s: %s %s after epoch %d of trial %d\n# in [profile.%s], in place of its search",
		oneLine(s.Name), s.Measure, Number(s, best.Value), best.Best, best.Number, s.Profile)
	if slices.ContainsFunc(s.Keys, func(key record.SearchKey) bool { return strings.HasPrefix(key.Key, "augment.") }) {
		text += fmt.Sprintf("; if there is a [profile.%s.augment], augment.KEY is KEY in it", s.Profile)
	}
	text += "\n"
	for i, key := range s.Keys {
		text += key.Key + " = " + literal(best.Values[i]) + "\n"
	}
	return text + "select = " + literal(s.Select) + "\n"
}

// literal returns a value as TOML: numbers and truth values as they are, text in quotes.
func literal(value string) string {
	if _, err := strconv.ParseFloat(value, 64); err == nil || value == "true" || value == "false" {
		return value
	}
	return strconv.Quote(value)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Number returns a value of the search's measure as tables show it; a dash for none.
func Number(s record.Search, v *float64) string {
	if v == nil {
		return "–"
	}
	return strconv.FormatFloat(*v, 'f', min(max(s.Decimals, 0), 10), 64)
}

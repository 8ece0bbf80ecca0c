// Package search decides which settings a search tries next and which trials it stops early. Both are functions of the
// configuration and of the results of earlier trials alone, so that a search that was killed goes on with the same
// trials.
package search

import (
	"fmt"
	"slices"

	"r2unet/internal/nearest"
	"r2unet/internal/setting"
)

// Trial is a tried point with its result.
type Trial struct {
	Point Point
	Loss  float64 // the smaller, the better; +Inf if there is no value, as of a training that diverged
}

// A Method returns the point of the next trial, given all earlier ones in order.
type Method func(space Space, from Source, earlier []Trial) Point

var methods = setting.NewRegistry[Method]("method", "")

// Get returns the method that a text such as "tpe(startup=20)" describes, and its canonical text.
func Get(text string) (Method, string, error) {
	m, s, err := methods.Get(text)
	if err != nil {
		return nil, "", err
	}
	return m, s.String(), nil
}

// Names returns the names of the methods in alphabetical order.
func Names() []string { return methods.Names() }

// Parameters returns the parameters of a method.
func Parameters(name string) []setting.Parameter { return methods.Parameters(name) }

// hint suggests a known word.
func hint(word string, known []string) string {
	if near := nearest.Of(word, known); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// Limits of looking for a point that was not tried yet: draws of the method, and then of uniform ones.
const (
	methodDraws  = 100
	uniformDraws = 10_000
)

// Next returns the point of the trial after the earlier ones, which none of them had. It returns false if no such point
// was found: nearly all of a small space were tried.
func Next(m Method, space Space, seed uint64, earlier []Trial) (Point, bool) {
	for attempt := range methodDraws + uniformDraws {
		from := Source{seed: seed, trial: len(earlier), attempt: attempt}
		if attempt == methodDraws {
			m = uniform
		}
		p := m(space, from, earlier)
		if !slices.ContainsFunc(earlier, func(t Trial) bool { return slices.Equal(t.Point, p) }) {
			return p, true
		}
	}
	return nil, false
}

package report

import (
	"maps"
	"slices"

	"r2unet/evaluate/archive"
)

// setting is one setting by its path, e.g. "training.batch".
type setting struct{ Key, Value string }

// runSettings holds the settings that a run does not share with all others.
type runSettings struct {
	ID       string
	Settings []setting
}

// settings makes the section of the runs' settings.
type settings struct {
	Common []setting
	Runs   []runSettings
}

// Many reports whether the runs are folded.
func (s settings) Many() bool { return len(s.Runs) >= foldedFrom }

func settingsOf(s *archive.Sweep) settings {
	var all settings
	flat := make([]map[string]string, len(s.Runs))
	for i, r := range s.Runs {
		flat[i] = r.Settings()
	}
	shared := map[string]string{}
	for i := range flat {
		if len(s.Runs[i].Config) == 0 {
			continue // listed among the problems
		}
		if len(shared) == 0 {
			shared = maps.Clone(flat[i])
		}
		maps.DeleteFunc(shared, func(key, value string) bool {
			v, ok := flat[i][key]
			return !ok || v != value
		})
	}
	all.Common = list(shared)
	for i, r := range s.Runs {
		maps.DeleteFunc(flat[i], func(key, _ string) bool { _, ok := shared[key]; return ok })
		if len(flat[i]) > 0 {
			all.Runs = append(all.Runs, runSettings{r.ID, list(flat[i])})
		}
	}
	return all
}

// list returns settings ordered by their keys.
func list(settings map[string]string) []setting {
	var all []setting
	for _, key := range sortedKeys(settings) {
		all = append(all, setting{key, settings[key]})
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

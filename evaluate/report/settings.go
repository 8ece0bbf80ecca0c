package report

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

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

func settingsOf(s *archive.Sweep) settings {
	var all settings
	flat := make([]map[string]string, len(s.Runs))
	for i, r := range s.Runs {
		flat[i] = map[string]string{}
		flatten("", r.Config, flat[i], settingsDepth)
		flatten("versions", r.Versions, flat[i], settingsDepth)
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

// settingsDepth is the depth up to which objects are split into settings; a sweep's have depth two.
const settingsDepth = 8

// flatten splits objects into settings; lists, plain values and objects below the depth limit are single
// settings. Each level is decoded again, so without the limit a record of ten thousand levels would be
// decoded ten thousand times.
func flatten(path string, data json.RawMessage, into map[string]string, depth int) {
	if len(data) == 0 {
		return
	}
	var object map[string]json.RawMessage
	if depth == 0 || json.Unmarshal(data, &object) != nil {
		text := string(data)
		var plain string
		if json.Unmarshal(data, &plain) == nil {
			text = plain
		}
		if path != "" {
			into[path] = text
		}
		return
	}
	for key, value := range object {
		flatten(strings.TrimPrefix(path+"."+key, "."), value, into, depth-1)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

package matrix

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Diff lists the settings that differ from another configuration, one per line: "training.epochs: 4 now, 2 then". It is
// empty if both are the same run.
func (r Run) Diff(there Run) string {
	a, b := settingsOf(r), settingsOf(there)
	keys := map[string]bool{}
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	var lines []string
	for _, key := range sortedKeys(keys) {
		if a[key] != b[key] {
			lines = append(lines, fmt.Sprintf("  %s: %s now, %s then", key, orAbsent(a[key]), orAbsent(b[key])))
		}
	}
	return strings.Join(lines, "\n")
}

// settingsOf flattens a configuration: "dataset.patch" → "48".
func settingsOf(r Run) map[string]string {
	text, err := json.Marshal(r)
	if err != nil {
		return map[string]string{"configuration": err.Error()}
	}
	var tree map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		return map[string]string{"configuration": err.Error()}
	}
	flat := map[string]string{}
	flatten(flat, "", tree)
	return flat
}

func flatten(flat map[string]string, prefix string, value any) {
	table, ok := value.(map[string]any)
	if !ok {
		text, _ := json.Marshal(value) // decoded from JSON, so it encodes
		flat[strings.TrimPrefix(prefix, ".")] = string(text)
		return
	}
	for key, inner := range table {
		flatten(flat, prefix+"."+key, inner)
	}
}

func orAbsent(value string) string {
	if value == "" {
		return "absent"
	}
	return value
}

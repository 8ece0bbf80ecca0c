package archive

import (
	"encoding/json"
	"maps"
	"testing"
)

func TestSettingsAreLines(t *testing.T) {
	r := Run{
		Config: json.RawMessage(`{
			"architecture": {
				"channels": [
					16,
					32
				],
				"norm": "batch"
			},
			"seed": 1
		}`),
		Versions: json.RawMessage(`{"go": "go1.26"}`),
	}
	want := map[string]string{
		"architecture.channels": "[16,32]", "architecture.norm": "batch", "seed": "1", "versions.go": "go1.26",
	}
	if got := r.Settings(); !maps.Equal(got, want) {
		t.Errorf("settings %q, want %q", got, want)
	}
}

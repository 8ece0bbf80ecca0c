package matrix

import (
	"strings"
	"testing"
)

// TestWrittenValueIsNeverSilentlyTheDefault: what a variable that is not set leaves, and 0 where it cannot be.
func TestWrittenValueIsNeverSilentlyTheDefault(t *testing.T) {
	for change, want := range map[string]string{
		"epochs = 1\naccumulate = 0":        "accumulate = 0: must be at least 1",
		"epochs = 1\ninitial-gain = 0.0":    "initial-gain = 0: must be above 0 and at most 10",
		"epochs = 1\nweight-decay = -0.0":   "weight-decay = -0.0: must not be negative",
		"epochs = 1\nloss = \"\"":           `loss = "": is empty`,
		"epochs = 1\nkeep = \"\"":           `keep = "": is empty`,
		"epochs = 1\naugment.rotate = -0.0": "rotate = -0.0: must not be negative",
	} {
		text := strings.Replace(small, "epochs = 1", change, 1)
		if text == small {
			t.Fatal("the matrix has no epochs = 1")
		}
		checkRefused(t, text, want, "profile.")
	}
	for change, want := range map[string]string{
		"[[experiment]]\nseeds = []":          "seeds = []: names none",
		"[[experiment]]\narchitectures = []":  "architectures = []: names none",
		"[[dataset]]\nobserver = 0":           "observer = 0: must be 1 or 2",
		"[[dataset]]\nsampling = \"\"":        `sampling = "": is empty`,
		"[[dataset]]\nclahe = -0.0":           "clahe = -0.0: must not be negative",
		"[[architecture]]\nskip = \"\"":       `skip = "": is empty`,
		"[[architecture]]\nactivation = \"\"": `activation = "": is empty`,
	} {
		table, _, _ := strings.Cut(change, "\n")
		checkRefused(t, strings.Replace(small, table, change, 1), want, strings.Trim(table, "[]"))
	}
	checkRefused(t, strings.Replace(searching, "trials = 6", "trials = 6\nmethod = \"\"", 1), `method = "": is empty`,
		"profile.tune.search")
	for _, change := range []string{
		"threshold = \"\"", "freeze = \"\"", "patience = 0", "measures = []", "warmup = \"\"",
	} {
		if _, err := Parse("m.toml", strings.Replace(small, "epochs = 1", "epochs = 1\n"+change, 1)); err != nil {
			t.Errorf("%s: %v", change, err)
		}
	}
}

// checkRefused wants a refusal with file, line and table.
func checkRefused(t *testing.T, text, want, table string) {
	t.Helper()
	_, err := Parse("m.toml", text)
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), table) ||
		!strings.HasPrefix(err.Error(), "m.toml:") || strings.HasPrefix(err.Error(), "m.toml: ") {
		t.Errorf("%v; want one with line, %q and %q", err, table, want)
	}
}

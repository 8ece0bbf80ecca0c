package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate/record"
)

// TestReportShowsSearches: the table, the best point and the figure, escaped; without a search there is no section, and
// a damaged one is told.
func TestReportShowsSearches(t *testing.T) {
	folder, page := written(t)
	if strings.Contains(string(page), `id="search"`) {
		t.Error("a section of no searches")
	}
	write := func(text string) string {
		if err := os.WriteFile(filepath.Join(folder, record.SearchFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return string(rewrite(t, folder))
	}
	shown := write(`[{"name": "DRIVE <b>U-Net", "label": "drive-u-net",
		"profile": "tune", "measure": "F1", "select": "f1",
		"decimals": 4, "planned": 2, "keys": [{"key": "learning-rate", "low": 1e-4, "high": 1e-2, "log": true}],
		"trials": [{"number": 1, "run": "a", "values": ["0.001"], "state": "finished", "value": 0.75, "best": 2, "epochs": 3}]}]`)
	for _, want := range []string{
		`<section id="search">`, "DRIVE &lt;b&gt;U-Net", "1 of 2 trials", "<td>0.7500</td>", "learning-rate = 0.001", `src="data:image/svg`,
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
	for text, want := range map[string]string{
		`[{"label": "a"`: "search.json is damaged",
		`[{"label": "../a", "keys": [{"key": "x"}]}]`:                               "search.json: &#34;../a&#34; cannot be part of a name",
		`[{"label": "a", "keys": [{"key": "x"}], "trials": [{"values": []}]}]`:      "a: trial 0 has 0 values of 1 keys",
		`[{"label": "a", "keys": [], "trials": [{"values": []}]}]`:                  "a has 0 keys and 1 trials",
		`[{"label": "a", "keys": [{"key": "x"}], "trials": [{"number": "seven"}]}]`: "search.json is of another version",
	} {
		if page := write(text); !strings.Contains(page, want) || strings.Contains(page, `id="search"`) {
			t.Errorf("%s: the page does not say %s", text, want)
		}
	}
}

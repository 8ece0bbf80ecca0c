package report_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// edit changes a JSON file of a run.
func edit(t *testing.T, path string, change func(map[string]any)) {
	t.Helper()
	var content map[string]any
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &content)
	}
	if err != nil {
		t.Fatal(err)
	}
	change(content)
	if data, err = json.Marshal(content); err == nil {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestReportBeginsWithTheBestResultAndWhatComputedIt(t *testing.T) {
	folder, _ := written(t)
	run := filepath.Join(folder, "runs", "chase_db1-recurrent-residual-t3")
	edit(t, filepath.Join(run, "timing.json"), func(timing map[string]any) {
		timing["written"], timing["device"] = "2031-02-03T04:05:06Z", "cuda: a card"
		timing["revision"] = "0123456789abcdef0123 modified"
	})
	edit(t, filepath.Join(run, "run.json"), func(r map[string]any) {
		r["versions"] = map[string]any{"program": "0.1.0", "code": "0.1.0 executable sha256 9b01"}
	})
	page := string(rewrite(t, folder))
	top, _, _ := strings.Cut(page[strings.Index(page, `id="overview"`):], `id="runs"`)
	for _, want := range []string{
		"2031-02-03 04:05 UTC", "cuda: a card", "0.1.0 revision 0123456789ab modified",
		"<strong>R2U-Net (t=3)</strong></td><td class=\"number\"><strong>0.9532</strong>", "best of 5 networks",
		"0.9400 to 0.9663",
	} {
		if !strings.Contains(top, want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
	// A built program knows its revision itself.
	edit(t, filepath.Join(run, "run.json"), func(r map[string]any) {
		r["versions"] = map[string]any{"program": "0.1.0", "code": "0.1.0 revision fedcba9876543210"}
	})
	if page := string(rewrite(t, folder)); !strings.Contains(page, "0.1.0 revision fedcba987654<") {
		t.Error("the overview lacks the revision of the build")
	}
}

// TestNotesThatDifferInNumbersAreOne: a sweep of many runs must not begin with a page of thresholds.
func TestNotesThatDifferInNumbersAreOne(t *testing.T) {
	folder, _ := written(t)
	runs, err := filepath.Glob(filepath.Join(folder, "runs", "chase_db1-*", "run.json"))
	if err != nil || len(runs) < 3 {
		t.Fatal(runs, err)
	}
	for i, run := range runs {
		edit(t, run, func(r map[string]any) {
			r["result"].(map[string]any)["note"] = fmt.Sprintf("threshold 0.%d of 2 images", i+2)
		})
	}
	want := fmt.Sprintf("threshold 0.2 to 0.%d of 2 images (%d such notes)", len(runs)+1, len(runs))
	page := string(rewrite(t, folder))
	top, _, _ := strings.Cut(page[strings.Index(page, `id="overview"`):], `id="runs"`)
	if !strings.Contains(top, want) || strings.Contains(top, "threshold 0.3") {
		t.Errorf("the overview lacks %q", want)
	}
}

func TestReportShowsTheSameImagesByAllNetworks(t *testing.T) {
	_, page := written(t)
	_, side, found := strings.Cut(string(page), `<table class="side">`)
	side, _, _ = strings.Cut(side, "</table>")
	if !found || strings.Count(side, "<img") != 3*(2+5) || strings.Contains(side, "not stored") {
		t.Errorf("%d pictures, want three images by five networks, with input and truth", strings.Count(side, "<img"))
	}
	for _, want := range []string{">U-Net</th>", ">R2U-Net (t=3)</th>", "F1 0.", "Best: Image_"} {
		if !strings.Contains(side, want) {
			t.Errorf("the table lacks %q", want)
		}
	}
}

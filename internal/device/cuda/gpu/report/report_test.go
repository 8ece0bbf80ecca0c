package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the pages of testdata anew")

// madeUp is a folder as run.sh leaves it, with numbers that nobody measured.
func madeUp(t *testing.T, changes map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("testdata/made-up")); err != nil {
		t.Fatal(err)
	}
	for name, content := range changes {
		path := filepath.Join(folder, name)
		if content == "" {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func collected(t *testing.T, changes map[string]string) Result {
	t.Helper()
	r, err := Collect(madeUp(t, changes))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func page(t *testing.T, r Result) string {
	t.Helper()
	text, err := json.Marshal(r) // a page is made from the file
	if err != nil {
		t.Fatal(err)
	}
	var read Result
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Page(&b, read); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageOfAMadeUpResult(t *testing.T) {
	const golden = "testdata/made-up.md"
	got := page(t, collected(t, nil))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("the page is not that of %s (%v):\n%s", golden, err, got)
	}
}

func TestRatiosAreToPyTorchsBestEagerModeOfTheSameCase(t *testing.T) {
	for _, r := range collected(t, nil).Ratios {
		if r.Precision != "fp32" || r.Batch != 32 {
			continue
		}
		switch r.Work {
		case "training": // best of 900, 1000 (nhwc) and 1100 (cudnn.benchmark); compiled 1500
			if r.Ours != 2200 || r.TorchEager != 1100 || r.TorchCompiled != 1500 || r.Ratio != 2 || r.Goal != 1 ||
				!r.Reached || r.Queued != 2400 {
				t.Errorf("%+v", r)
			}
		case "inference":
			if r.Ratio != 1.25 || r.Goal != 1.5 || r.Reached {
				t.Errorf("%+v", r)
			}
		}
	}
}

func TestTrainingsAreAsFarApartAsTheirAUCs(t *testing.T) {
	r := collected(t, nil).Training
	if !r.Measured || !r.Reached || r.Difference < 0.0003999 || r.Difference > 0.0004001 {
		t.Errorf("%+v", r)
	}
}

func TestRehearsalReachesNothingAndSaysSo(t *testing.T) {
	r := collected(t,
		map[string]string{"meta": "date=2001-02-03\ncommit=abc\nrehearsal=true\ngpu=rehearsal without a GPU\n"})
	text := page(t, r)
	if r.Training.Reached || strings.Contains(text, "reached") ||
		!strings.Contains(text, "**REHEARSAL. No GPU was used") || !strings.Contains(text, "# Rehearsal") {
		t.Errorf("training %+v, page:\n%s", r.Training, text)
	}
	for _, x := range r.Ratios {
		if x.Reached {
			t.Errorf("%+v", x)
		}
	}
}

func TestWhatWasNotRunIsSaid(t *testing.T) {
	text := page(t,
		collected(t, map[string]string{"ours.jsonl": "", "torch.jsonl": "", "agreement.jsonl": "", "training-cpu": ""}))
	if strings.Count(text, "Not measured.") != 2 || !strings.Contains(text, "Not run.") {
		t.Errorf("page:\n%s", text)
	}
	if text = page(t, collected(t, map[string]string{"torch.jsonl": ""})); !strings.Contains(text, "not compared") {
		t.Errorf("page:\n%s", text)
	}
}

func TestDamagedPiecesAreErrors(t *testing.T) {
	for name, content := range map[string]string{
		"meta":            "date=2001-02-03\ncommit=abc\n",
		"steps.tsv":       "tests\tpassed\n",
		"ours.jsonl":      `{"precision": `,
		"agreement.jsonl": "[]",
		"training-cuda/pytorch/runs/chase_db1-made-up/run.json": `{"result": {"status": "failed"}}`,
	} {
		if _, err := Collect(madeUp(t, map[string]string{name: content})); err == nil ||
			!strings.Contains(err.Error(), filepath.Base(name)) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := Collect(madeUp(t, map[string]string{"training-cuda/pytorch": ""})); err == nil ||
		!strings.Contains(err.Error(), "0 runs") {
		t.Errorf("a training without a record: error is %v", err)
	}
}

package archive_test

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/archive/archivetest"
	"r2unet/evaluate/record"
)

func sweep(t *testing.T) (folder string, ids []string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "quick")
	return folder, archivetest.Copy(t, folder, 1)
}

func TestMain(m *testing.M) {
	code := m.Run()
	archivetest.Clean()
	os.Exit(code)
}

func open(t *testing.T, folder string) *archive.Sweep {
	t.Helper()
	s, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpenReadsAllOfASweep(t *testing.T) {
	folder, ids := sweep(t)
	s := open(t, folder)
	if len(s.Runs) != len(ids) || len(s.AllProblems()) != 0 || s.Name != "quick" {
		t.Fatalf("%d runs of %d, name %q, problems %v", len(s.Runs), len(ids), s.Name, s.AllProblems())
	}
	r := s.Run("chase_db1-forward-t0")
	if r == nil || r.Result.Status != evaluate.Finished || len(r.History) != 8 || r.Curves == nil ||
		len(r.Predictions) != 6 {
		t.Fatalf("%+v", r)
	}
	if r.Result.Cost.TrainSeconds == 0 || r.Changed.IsZero() {
		t.Error("cost or time of change is missing")
	}
	e, err := s.Example(r, r.Predictions[0])
	if err != nil || e.Input == nil || e.Truth == nil || e.FOV == nil {
		t.Errorf("example %+v, %v", e, err)
	}
	if running := s.Run("isic2017-recurrent-residual-t3"); running.Progress == nil || running.Progress.Step != 120 {
		t.Errorf("progress of the running run: %+v", running.Progress)
	}
}

func TestDamageIsToldAndTheRestStillRead(t *testing.T) {
	tests := map[string]struct{ file, text, want string }{
		"cut off":      {"run.json", `{"result": {"dataset": "CHA`, "damaged or half-written"},
		"empty":        {"run.json", "", "is empty: half-written"},
		"no result":    {"run.json", `{"measures": {}}`, "another version"},
		"other types":  {"run.json", `{"result": {"dataset": 7}}`, "another version"},
		"says nothing": {"run.json", `{"result": {"status": "finished"}}`, "does not say its dataset"},
		"nothing measured": {
			"run.json", `{"result": {"status": "finished", "dataset": "DRIVE", "block": "forward"}}`,
			"holds no measured pixels",
		},
		"history": {"history.csv", "epoch,train_loss\n1,0.5\n2,0.", "has 2 of the 8 epochs"},
		"history, last epoch": {
			"history.csv", "epoch,train_loss\n" + strings.Repeat("1,0.5\n", 7), "has 7 of the 8 epochs",
		},
		"history, whole": {"history.csv", "epoch,train_loss\n" + strings.Repeat("1,0.5\n", 8), ""},
		"history, no number": {
			"history.csv", "epoch,train_loss\n1,0.5\n2,x\n", "line 3: train_loss is \"x\"",
		},
		"history, cut row": {"history.csv", "epoch,train_loss\n1,0.5\n2", "wrong number of fields"},
		"curves":           {"curves.json", "[]", "curves.json is of another version"},
		"timing":           {"timing.json", "{", "timing.json is damaged"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder, ids := sweep(t)
			write(t, filepath.Join(folder, "runs", ids[0], test.file), test.text)
			s := open(t, folder)
			if len(s.Runs) != len(ids) {
				t.Errorf("%d runs, want %d", len(s.Runs), len(ids))
			}
			problems := strings.Join(s.AllProblems(), "\n")
			if test.want == "" && problems != "" || !strings.Contains(problems, test.want) {
				t.Errorf("problems %q, want %q", problems, test.want)
			}
			if test.want != "" && !strings.HasPrefix(problems, ids[0]+": ") {
				t.Errorf("problem does not name the run: %q", problems)
			}
		})
	}
}

func TestSizesThatDifferAreTold(t *testing.T) {
	folder, _ := sweep(t)
	path := filepath.Join(folder, filepath.FromSlash(record.SampleFolder("CHASE_DB1", false)), record.Truths,
		"Image_01.png")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, image.NewGray(image.Rect(0, 0, 3, 4))); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, folder)
	e, err := s.Example(s.Run("chase_db1-forward-t0"), "Image_01")
	if err == nil || !strings.Contains(err.Error(), "truths of Image_01 is (3,4), its prediction (192,160)") {
		t.Errorf("error %v", err)
	}
	if e == nil || e.Truth != nil || e.Input == nil {
		t.Errorf("the rest of the example is lost: %+v", e)
	}
}

func TestNothingOutsideOfTheFolderIsRead(t *testing.T) {
	folder, ids := sweep(t)
	secret := filepath.Join(t.TempDir(), "run.json")
	write(t, secret, `{"result": {"status": "failed", "error": "secret", "dataset": "DRIVE", "block": "forward"}}`)
	path := filepath.Join(folder, "runs", ids[0], "run.json")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, path); err != nil {
		t.Skip(err)
	}
	s := open(t, folder)
	if s.Run(ids[0]).Result.Error == "secret" {
		t.Error("a link led out of the results folder")
	}
	if _, err := s.Prediction(s.Runs[1], "../../../../secret"); err == nil {
		t.Error("a picture outside of its folder was read")
	}
}

func TestFolderWithoutRunsIsAnError(t *testing.T) {
	if _, err := archive.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "holds no folder runs") {
		t.Errorf("error %v", err)
	}
	if _, err := archive.Open(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("no error for a missing folder")
	}
}

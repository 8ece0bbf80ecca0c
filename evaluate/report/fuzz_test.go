package report_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/report"
	"r2unet/internal/alloctest"
)

// reported writes the files of a run, makes the page of its folder and draws its figures.
func reported(t *testing.T, builder *report.Builder, folder string, files map[string][]byte) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(folder, "runs", "a", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := builder.Report(folder)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(page, []byte("<script>alert")) {
		t.Error("a text of the results became part of the page's program")
	}
	s, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	figures, _ := figure.All(s)
	for _, f := range figures {
		if !filepath.IsLocal(f.Name) || strings.ContainsAny(f.Name, `/\:.`) {
			t.Errorf("a figure is called %q", f.Name)
		}
		if _, err := f.SVG(); err != nil {
			t.Logf("figure %s: %v", f.Name, err)
		}
	}
}

// FuzzReport checks that the page and the figures of a folder are made whatever its run's files contain.
func FuzzReport(f *testing.F) {
	const record = `{"config":{"training":{"batch":1}},"result":{"run_id":"a","status":"finished","dataset":"DRIVE",
"block":"recurrent-residual","t":2,"measures":{"inside":{"micro":{"tp":1,"fn":1,"auc":0.5},
"images":[{"id":"01_test","scores":{"f1":1}}]},
"all":{"micro":{"tp":1,"fn":1}}}}}`
	const timing = `{"train_seconds":1,"inference":[{"protocol":"patches","stride":24,
"samples":1,"seconds_per_sample":1}]}`
	f.Add([]byte(record), []byte(timing),
		[]byte(`{"inside":{"threshold":[1,0.5],"false_positive_rate":[0,1],"true_positive_rate":[0,1],
"precision":[1,0.5]}}`), []byte(`{"epoch":1,"epochs":2,"seconds_left":1e300}`),
		[]byte("epoch,train_loss,train_accuracy,validation_accuracy\n1,0.5,0.5,0.5\n2,NaN,Inf,0.6\n"))
	const hostile = `{"result":{"dataset":"<script>alert(1)</script>","block":"../x",
"status":"running","error":"</script>"}}`
	f.Add([]byte(hostile), []byte(`{}`), []byte(`{"inside":{"threshold":[1]}}`), []byte(`{"epochs":-1,"steps":-1}`),
		[]byte("epoch\n-9223372036854775808\n"))
	folder, builder := f.TempDir(), report.NewBuilder()
	f.Fuzz(func(t *testing.T, record, timing, curves, progress, history []byte) {
		reported(t, builder, folder,
			map[string][]byte{
				"run.json": record, "timing.json": timing, "curves.json": curves, "progress.json": progress,
				"history.csv": history,
			})
	})
}

// TestSettingsThatNestDeepCostAMultipleOfTheirSize reads nested settings, of which each level is decoded
// again.
func TestSettingsThatNestDeepCostAMultipleOfTheirSize(t *testing.T) {
	const levels = 9000
	config := strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
	record := []byte(fmt.Sprintf(`{"config":%s,"result":{"dataset":"DRIVE","block":"forward","status":"failed"}}`,
		config))
	folder := t.TempDir()
	alloctest.AtMost(t, 512*len(record),
		func() { reported(t, report.NewBuilder(), folder, map[string][]byte{"run.json": record}) })
}

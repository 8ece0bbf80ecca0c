package experiments

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/record"
)

// TestSecondObserverHasARow: the table says how far the second observer agrees with the first inside the field of view,
// by counts that are taken here from the labels themselves.
func TestSecondObserverHasARow(t *testing.T) {
	long(t)
	o := inProcess(t, tiny)
	o.Data = drawn(t)
	sweepOf(t, o)
	found, err := filepath.Glob(filepath.Join(o.Out, "*", record.ObserversFile))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v; observers: %v", err, found)
	}
	folder := filepath.Dir(found[0])
	all, err := readObservers(folder)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d second observers, %v", len(all), err)
	}
	r := all[0]
	open := func(observer int) *datasets.Dataset {
		d, err := datasets.Open(t.Context(), datasets.Config{
			Name: r.Dataset, Observer: observer, Cache: t.TempDir(),
		}, o.Data, 1)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first, second := open(1), open(2)
	var want measures.Counts
	for _, id := range imagesOf(r) {
		a, err := first.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		b, err := second.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for i, truth := range a.Truth {
			switch {
			case a.FOV != nil && a.FOV[i] == 0:
			case truth == 1 && b.Truth[i] == 1:
				want.TP++
			case truth == 1:
				want.FN++
			case b.Truth[i] == 1:
				want.FP++
			default:
				want.TN++
			}
		}
	}
	if got := r.Measures.Inside.Micro.Counts; got != want || want.FN == 0 || want.TP == 0 {
		t.Errorf("counts %+v, want %+v", got, want)
	}
	if auc := r.Measures.Inside.Micro.Of(measures.AUC); auc == auc { //nolint:gocritic // NaN is what is looked for
		t.Errorf("masks have an AUC, %g", auc)
	}
	table, err := os.ReadFile(filepath.Join(folder, record.TablesFolder, "table-1.md"))
	if err != nil || strings.Count(string(table), "| Second observer |") < 1 {
		t.Errorf("%v: no row in\n%s", err, table)
	}
	for _, name := range []string{"table-4.md", "table-5.md"} {
		table, err := os.ReadFile(filepath.Join(folder, record.TablesFolder, name))
		if err != nil || strings.Contains(string(table), "Second observer") {
			t.Errorf("%s: %v, or it has a second observer", name, err)
		}
	}
	before, err := os.ReadFile(filepath.Join(folder, record.ObserversFile))
	if err != nil {
		t.Fatal(err)
	}
	sweepOf(t, o)
	after, err := os.ReadFile(filepath.Join(folder, record.ObserversFile))
	if err != nil || string(after) != string(before) {
		t.Errorf("%v, or a second sweep changed the observers", err)
	}
}

// TestSecondObserverIsMeasuredAgainOnOtherImagesOrFiles: what an earlier sweep has measured is of its images.
func TestSecondObserverIsMeasuredAgainOnOtherImagesOrFiles(t *testing.T) {
	long(t)
	o := inProcess(t, tiny)
	o.Data = drawn(t)
	sweepOf(t, o)
	path := filepath.Join(o.Out, "two", record.ObserversFile)
	measured := func(hash string) (images []int) {
		t.Helper()
		all, err := readObservers(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			if r.DataHash == hash {
				images = append(images, len(imagesOf(r)))
			}
		}
		return images
	}
	all, err := readObservers(filepath.Dir(path))
	if err != nil || len(all) != 1 || all[0].DataHash == "" {
		t.Fatalf("%d second observers, %v", len(all), err)
	}
	hash := all[0].DataHash
	text := strings.Replace(read(t, path), hash, "other", 1)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	sweepOf(t, o)
	if here, other := measured(hash), measured("other"); len(here) != 1 || len(other) != 1 || here[0] != 1 {
		t.Errorf("after a sweep on other files: %v images of these, %v of others", here, other)
	}
	more := inProcess(t, strings.Replace(tiny, "test-images = 1", "test-images = 2", 1))
	more.Data, more.Out = o.Data, o.Out
	sweepOf(t, more)
	if here := measured(hash); len(here) != 1 || here[0] != 2 {
		t.Errorf("after a sweep of two images: %v images", here)
	}
}

package experiments

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
)

// onTest is tiny with whole images held out for validation, and onValidation measures networks on them.
var (
	onTest       = strings.Replace(tiny, "patch = 16", "patch = 16\nvalidation = \"images\"", 1)
	onValidation = onTest + "assess = \"validation\"\n"
)

// pictures names the pictures in a folder, without their endings.
func pictures(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".png"))
	}
	return names
}

// TestValidationImagesAreMeasuredInPlaceOfTestImages: no test image is measured or drawn, and everything that is
// written or said calls them by their name.
func TestValidationImagesAreMeasuredInPlaceOfTestImages(t *testing.T) {
	long(t)
	o := inProcess(t, onValidation)
	said := sweepOf(t, o)
	dir, folder := firstRun(t, o), filepath.Join(o.Out, "two")
	found, err := ReadRecord(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := found.Split.Validation
	if len(want) == 0 || !slices.Equal(found.Tested, want) || found.Result.Assessed != evaluate.OnValidation {
		t.Errorf("measured %v as %q; want the validation images %v", found.Tested, found.Result.Assessed, want)
	}
	for _, pictured := range []string{
		filepath.Join(dir, record.PredictionsFolder),
		filepath.Join(folder, record.SampleFolder("DRIVE", true), record.Inputs),
	} {
		if names := pictures(t, pictured); !slices.Equal(names, want) {
			t.Errorf("%s has %v; want %v", pictured, names, want)
		}
	}
	var measured []string
	for _, image := range found.Result.Measures.Inside.Images {
		measured = append(measured, image.ID)
	}
	if !slices.Equal(measured, want) {
		t.Errorf("measures of %v", measured)
	}
	if d := found.Result.Data; d.Tested != len(want) || d.Test != len(want) {
		t.Errorf("%+v", d)
	}
	table := read(t, filepath.Join(folder, record.TablesFolder, "table-7.csv"))
	for place, text := range map[string]string{
		"the console": said, "table-7.csv": table, "report.html": read(t, filepath.Join(folder, record.ReportFile)),
	} {
		if !strings.Contains(text, "DRIVE (phantom, validation images)") || strings.Contains(text, "1 test image") {
			t.Errorf("%s does not say it:\n%.2000s", place, text)
		}
	}
	if strings.Contains(said+table, "paper") && !strings.Contains(said, "compared with the paper") ||
		strings.Contains(said, "Table I.") {
		t.Errorf("the paper stands beside validation images:\n%s", said)
	}
	if ours := read(t, filepath.Join(folder, record.TablesFolder, "table-1.csv")); strings.Contains(ours, "ours") {
		t.Errorf("Table I has\n%s", ours)
	}
	for _, figure := range []string{"roc", "examples"} {
		name := figure + "-drive-phantom-validation.png"
		if _, err := os.Stat(filepath.Join(folder, record.FiguresFolder, name)); err != nil {
			t.Error(err)
		}
	}
	o.Plan = true
	if plan := sweepOf(t, o); !strings.Contains(plan, "1 validation image ") {
		t.Errorf("the plan says\n%s", plan)
	}
}

// TestChosenSettingsAreTestedWithoutTraining: the trained networks are then measured on the test images, as if that had
// been asked for from the beginning.
func TestChosenSettingsAreTestedWithoutTraining(t *testing.T) {
	long(t)
	o, other := inProcess(t, onValidation), inProcess(t, onTest)
	sweepOf(t, o)
	sweepOf(t, other)
	rewrite(t, o, onTest+"assess = \"test\"\n") // the default in words
	if said := sweepOf(t, o); strings.Contains(said, "epoch") ||
		!strings.Contains(said, "training.assess: absent now, \"validation\" then") {
		t.Errorf("it was trained again, or does not say what it does:\n%s", said)
	}
	got, err := ReadRecord(firstRun(t, o))
	if err != nil {
		t.Fatal(err)
	}
	want, err := ReadRecord(firstRun(t, other))
	if err != nil {
		t.Fatal(err)
	}
	got.Result.Cost, want.Result.Cost = evaluate.Cost{}, evaluate.Cost{}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("got  %s\nwant %s", a, b)
	}
}

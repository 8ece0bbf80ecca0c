package models

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/record"
	"r2unet/evaluate/statistics"
	"r2unet/experiments"
	"r2unet/experiments/assess"
)

// TestCardSaysWhatTheRecordHolds: the hash of the file beside it, how the threshold was chosen, and intervals.
func TestCardSaysWhatTheRecordHolds(t *testing.T) {
	checkpoint := []byte("weights")
	var run experiments.Record
	run.Result.Threshold = 0.375
	run.Result.Assessed = evaluate.OnValidation
	run.Choice = &assess.Choice{From: "validation", Images: []string{"a", "b"}}
	card, err := makeCard(Options{Run: t.TempDir(), Name: "eyes", Licence: "none"}, run, checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		fmt.Sprintf("%x", sha256.Sum256(checkpoint)),
		"0.375, chosen on 2 validation images", "Measured, as validation images, on",
	} {
		if !strings.Contains(string(card), want) {
			t.Errorf("the card lacks %q:\n%s", want, card)
		}
	}
	if got, want := interval(measures.F1, statistics.Interval{Low: 0.25, High: 0.5}),
		value(measures.F1, 0.25)+" to "+value(measures.F1, 0.5); got != want {
		t.Errorf("an interval is %q, want %q", got, want)
	}
}

// TestClassesHaveTheIntervalsOfTheirPatients: of two patients whose images are all alike, a quarter of draws has one
// alone.
func TestClassesHaveTheIntervalsOfTheirPatients(t *testing.T) {
	var m evaluate.Measures
	patients := map[string]string{}
	for i := range 8 {
		scores := measures.Scores{Counts: measures.Counts{TP: int64(10 * (i / 4)), TN: 80, FN: int64(10 - 10*(i/4))}}
		scores.Set(measures.F1, float64(i/4))
		id := fmt.Sprint("image", i)
		patients[id] = fmt.Sprint(i / 4)
		m.Inside.Images = append(m.Inside.Images, evaluate.ImageScores{ID: id, Scores: scores})
	}
	m.Inside.PerImage.Set(measures.F1, 0.5)
	result := &evaluate.Result{
		Dataset: "Own", Patients: patients, Measures: m,
		Classes: []evaluate.ClassMeasures{{Name: "lesion", Measures: m}},
	}
	want := interval(measures.F1, statistics.Interval{Low: 0, High: 1})
	for _, r := range rows(result) {
		if strings.HasPrefix(r.Name, "F1") && r.MeanInterval != want {
			t.Errorf("%s: %s, want %s", r.Name, r.MeanInterval, want)
		}
	}
}

func TestImagesAreNamedUpToThirty(t *testing.T) {
	many := make([]string, 31)
	for i := range many {
		many[i] = fmt.Sprintf("im%02d", i)
	}
	for n, want := range map[int]string{
		0: "no images of their own", 1: "1 image, im00", 2: "2 images: im00, im01",
		30: "30 images: " + strings.Join(many[:30], ", "), 31: "31 images, im00 to im30 in the order of the split",
	} {
		if got := names(many[:n]); got != want {
			t.Errorf("%d images: %s, want %s", n, got, want)
		}
	}
}

func TestPreparationIsInItsOrder(t *testing.T) {
	for _, c := range []struct {
		recipe datasets.Recipe
		want   []string
	}{
		{
			datasets.Recipe{
				Input: "green", Size: datasets.Size{Width: 64, Height: 48}, CLAHE: 2, Gamma: 1.2, Photograph: true,
				Normalization: datasets.Normalization{Mean: []float64{0.5}, Deviation: []float64{0.25}},
			},
			[]string{
				"channels: green", "resized to 64×48 px, and the prediction back", "CLAHE with clip limit 2",
				"intensities to the power of 1/1.2", "standardized by the training images: mean 0.5000, deviation 0.2500",
				"the field of view of a fundus photograph is found; nothing is foreground outside",
			},
		},
		{
			datasets.Recipe{CT: true, Window: [2]float64{-1000, 400}, Normalize: "image"},
			[]string{"values from -1000 to 400 become 0 to 1", "standardized by each picture's own mean and deviation"},
		},
		{datasets.Recipe{Normalize: "none"}, nil},
	} {
		if got := preparation(c.recipe); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestLargeNetworksBecomeNoModels: a checkpoint of more than 5 MB is refused, and nothing is written.
func TestLargeNetworksBecomeNoModels(t *testing.T) {
	run, _ := trainedOf(t, strings.NewReplacer(
		"[2, 4]", "[2, 250]", "phantom-images", "phantom-shrink = 8\nphantom-images",
	).Replace(tiny))
	info, err := os.Stat(filepath.Join(run, record.CheckpointFile))
	if err != nil || info.Size() < 5_100_000 {
		t.Fatalf("the run's checkpoint is of %v, %v", info, err)
	}
	out := t.TempDir()
	_, err = Publish(Options{Run: run, Name: "eyes", Licence: "none", Out: out})
	if err == nil || !strings.Contains(err.Error(), "MB, more than the 5 of a model") {
		t.Errorf("a large network: %v", err)
	}
	if found, _ := os.ReadDir(out); len(found) > 0 {
		t.Errorf("%v is left", found)
	}
}

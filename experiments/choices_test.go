package experiments

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate/measures"
	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/experiments/training"
)

// TestPatienceEndsARunAndSaysSo: and what is tested is what a run of so many epochs tests.
func TestPatienceEndsARunAndSaysSo(t *testing.T) {
	long(t)
	found, err := ReadRecord(soleRun(t, strings.Replace(selecting, "epochs = 3", "epochs = 8\npatience = 1", 1)))
	if err != nil {
		t.Fatal(err)
	}
	best, stopped := found.Best.Epoch, found.StoppedEpoch
	if best == 0 || stopped != best+1 || found.TestedEpoch != best {
		t.Fatalf("best epoch %d, tested %d, stopped after %d", best, found.TestedEpoch, stopped)
	}
	if want := fmt.Sprintf("stopped after epoch %d of 8: epoch %d has the smallest validation loss",
		stopped, best); !strings.Contains(found.Result.Note, want) {
		t.Errorf("the note is %q, want %q", found.Result.Note, want)
	}
	whole, err := ReadRecord(soleRun(t, strings.Replace(selecting, "epochs = 3",
		fmt.Sprintf("epochs = %d", stopped), 1)))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(found.Result.Measures)
	b, _ := json.Marshal(whole.Result.Measures)
	if string(a) != string(b) || whole.StoppedEpoch != 0 || strings.Contains(whole.Result.Note, "stopped") {
		t.Errorf("measured %s\na run of %d epochs (stopped after %d): %s", a, stopped, whole.StoppedEpoch, b)
	}
}

// long skips a test that trains and tests runs one after the other, for what they record and not for what happens
// beside them: under the race detector it takes up to two minutes, and shows nothing that the tests of sweeps do not.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("trains runs one after the other")
	}
}

// soleRun runs a sweep and returns the folder of its first run.
func soleRun(t *testing.T, text string) string {
	t.Helper()
	o := inProcess(t, text)
	sweepOf(t, o)
	return firstRun(t, o)
}

// TestThresholdIsChosenRecordedAndUsed: on validation or training images, which the record and the checkpoint say; a
// network that is tested under another threshold is not trained again.
func TestThresholdIsChosenRecordedAndUsed(t *testing.T) {
	long(t)
	for _, keep := range []string{matrix.KeepWeights, matrix.KeepAll} {
		t.Run("keep "+keep, func(t *testing.T) {
			with := func(threshold string) string {
				return strings.NewReplacer(
					"phantom-images = 4", "phantom-images = 6\nvalidation = \"images\"",
					"epochs = 3", "epochs = 1\nkeep = \""+keep+"\""+threshold,
				).Replace(twoRuns)
			}
			o := inProcess(t, with(""))
			for _, from := range []string{"validation", "training", ""} {
				setting := ""
				if from != "" {
					setting = fmt.Sprintf("\nthreshold = %q", from)
				}
				rewrite(t, o, with(setting))
				sweepOf(t, o)
				dir := firstRun(t, o)
				found, err := ReadRecord(dir)
				if err != nil {
					t.Fatal(err)
				}
				trained, err := training.ReadTrained(filepath.Join(dir, record.CheckpointFile))
				if err != nil {
					t.Fatal(err)
				}
				if from == "" {
					if found.Choice != nil || found.Result.Threshold != 0.5 || trained.Chosen.Cut != 0 {
						t.Errorf("by default: %+v, measured at %g, checkpoint %g",
							found.Choice, found.Result.Threshold, trained.Chosen.Cut)
					}
					continue
				}
				images := found.Split.Validation
				if from == "training" {
					images = found.Split.Train
				}
				c := found.Choice
				if c == nil || c.From != from || !slices.Equal(c.Images, images) || len(images) == 0 {
					t.Fatalf("%s images: chosen by %+v, want by %v", from, c, images)
				}
				if c.Threshold == 0.5 || found.Result.Threshold != c.Threshold || trained.Chosen.Cut != c.Threshold {
					t.Errorf("%s images chose %g; measured at %g, checkpoint %g",
						from, c.Threshold, found.Result.Threshold, trained.Chosen.Cut)
				}
				if want := fmt.Sprintf("threshold %g has the largest F1",
					c.Threshold); !strings.Contains(found.Result.Note, want) {
					t.Errorf("%s images: the note is %q", from, found.Result.Note)
				}
				if timing, err := ReadTiming(dir); err != nil || timing.TrainSamples != 96 {
					t.Errorf("%s images: trained on %d samples (%v), want 96", from, timing.TrainSamples, err)
				}
			}
		})
	}
}

// TestTemperatureIsChosenRecordedAndUsed: before the threshold, on validation images; a network that is tested at a
// temperature is not trained again, and its AUC and its F1 at 0.5 stay.
func TestTemperatureIsChosenRecordedAndUsed(t *testing.T) {
	long(t)
	for _, keep := range []string{matrix.KeepWeights, matrix.KeepAll} {
		t.Run("keep "+keep, func(t *testing.T) {
			with := func(more string) string {
				return strings.NewReplacer(
					"phantom-images = 4", "phantom-images = 6\nvalidation = \"images\"",
					"epochs = 3", "epochs = 1\nkeep = \""+keep+"\"\nmeasures = [\"ece\"]"+more,
				).Replace(twoRuns)
			}
			const calibrating = "\ntemperature = \"validation\""
			o := inProcess(t, with(""))
			measured := map[string]Record{}
			for _, more := range []string{"", calibrating, calibrating + "\nthreshold = \"validation\"", ""} {
				rewrite(t, o, with(more))
				sweepOf(t, o)
				dir := firstRun(t, o)
				found, err := ReadRecord(dir)
				if err != nil {
					t.Fatal(err)
				}
				trained, err := training.ReadTrained(filepath.Join(dir, record.CheckpointFile))
				if err != nil {
					t.Fatal(err)
				}
				if timing, err := ReadTiming(dir); err != nil || timing.TrainSamples != 96 {
					t.Errorf("%q: trained on %d samples (%v), want 96", more, timing.TrainSamples, err)
				}
				before, again := measured[more]
				if again && !before.Result.Measures.Inside.Micro.Equal(found.Result.Measures.Inside.Micro) {
					t.Errorf("without a temperature again: %+v, then %+v", before.Result.Measures, found.Result)
				}
				measured[more] = found
				c := found.Calibration
				if more == "" {
					if c != nil || trained.Chosen.Temperature != 0 {
						t.Errorf("by default: %+v, checkpoint %+v", c, trained.Chosen)
					}
					continue
				}
				if c == nil || !slices.Equal(c.Images, found.Split.Validation) || c.Temperature == 1 ||
					!(c.Loss < c.LossBefore) || trained.Chosen.Temperature != c.Temperature {
					t.Fatalf("chosen %+v, checkpoint %+v", c, trained.Chosen)
				}
				if want := fmt.Sprintf("at temperature %g, whose cross-entropy", c.Temperature); !strings.Contains(
					found.Result.Note, want) {
					t.Errorf("the note is %q", found.Result.Note)
				}
				if choice := found.Choice; choice != nil && trained.Chosen.Cut != choice.Threshold {
					t.Errorf("threshold %+v, checkpoint %+v", choice, trained.Chosen)
				}
			}
			was, is := measured[""].Result.Measures.Inside.Micro, measured[calibrating].Result.Measures.Inside.Micro
			if was.Counts != is.Counts || math.Abs(was.Of(measures.AUC)-is.Of(measures.AUC)) > 1e-6 ||
				was.Of(measures.ECE) == is.Of(measures.ECE) {
				t.Errorf("without a temperature %+v, with one %+v", was, is)
			}
			both := measured[calibrating+"\nthreshold = \"validation\""]
			if both.Choice == nil || both.Calibration.Temperature != measured[calibrating].Calibration.Temperature {
				t.Errorf("with a threshold: %+v at %+v", both.Choice, both.Calibration)
			}
		})
	}
}

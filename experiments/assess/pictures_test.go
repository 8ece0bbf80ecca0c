package assess

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
)

// TestPicturesOfProbabilitiesKeepTheAUC: also of networks that are so sure that 16 linear bits would not.
func TestPicturesOfProbabilitiesKeepTheAUC(t *testing.T) {
	const width, height = 200, 150
	for _, logits := range []struct {
		mean, deviation float64
	}{{0, 1}, {0, 8}, {-8, 2}, {-12, 1}, {-20, 4}, {12, 2}, {14, 1}} {
		random := rand.New(rand.NewPCG(1, 2))
		truth, probabilities := make([]uint8, width*height), make([]float32, width*height)
		for i := range truth {
			logit := logits.mean + logits.deviation*random.NormFloat64()
			if random.Float64() < 0.1 {
				truth[i] = 1
				logit += logits.deviation
			}
			probabilities[i] = float32(1 / (1 + math.Exp(-logit)))
		}
		file, err := ProbabilityPNG(probabilities, width, height)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		read := make([]float32, len(probabilities))
		for i := range read {
			read[i] = float32(record.LevelProbability(picture.(*image.Gray16).Gray16At(i%width, i/width).Y))
		}
		want, got := auc(t, truth, probabilities), auc(t, truth, read)
		if math.Abs(got-want) > 1e-3 {
			t.Errorf("logits of %g±%g: AUC %.5f from the picture; the network has %.5f",
				logits.mean, logits.deviation, got, want)
		}
	}
}

func auc(t *testing.T, truth []uint8, probabilities []float32) float64 {
	t.Helper()
	c := evaluate.NewCollector(evaluate.Options{})
	defer c.Close()
	if err := c.Add(evaluate.Image{
		ID: "x", Width: len(truth), Height: 1, Probabilities: probabilities, Truth: truth,
	}); err != nil {
		t.Fatal(err)
	}
	m, err := c.Measures()
	if err != nil {
		t.Fatal(err)
	}
	return m.Inside.Micro.Of(measures.AUC)
}

// TestPicturesAreOfTheMeasuredMask: after post-processing, the mask beside the probabilities is the measured one, and
// without any there is none.
func TestPicturesAreOfTheMeasuredMask(t *testing.T) {
	const post = "min-size(12)"
	for _, settings := range []matrix.Training{
		{Test: "whole", Batch: 4, Post: post}, {Test: "whole", Batch: 4},
	} {
		tester, ids := tester(t, settings)
		results := t.TempDir()
		tester.Folder = filepath.Join(results, record.RunsFolder, "one", record.PredictionsFolder)
		tester.Samples = filepath.Join(results, record.SampleFolder("DRIVE", true))
		a, err := tester.Run(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		s, err := archive.Open(results)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		run := s.Runs[0]
		run.Result.Dataset, run.Result.Phantom = "DRIVE", true
		e, err := s.Example(run, ids[0])
		if err != nil {
			t.Fatal(err)
		}
		if (e.Mask != nil) != (settings.Post != "") {
			t.Fatalf("post = %q: mask %v", settings.Post, e.Mask != nil)
		}
		var shown, plain measures.Counts
		for i, truth := range e.Truth.Pix {
			if e.FOV.Pix[i] == 0 {
				continue
			}
			count(&shown, e.Predicted(a.Threshold).Pix[i] > 0, truth > 0)
			p := record.LevelProbability(e.Probability.Gray16At(i%e.Truth.Rect.Dx(), i/e.Truth.Rect.Dx()).Y)
			count(&plain, p >= a.Threshold, truth > 0)
		}
		if got := a.Measures.Inside.Micro.Counts; shown != got {
			t.Errorf("post = %q: the pictures have %+v, measured were %+v", settings.Post, shown, got)
		}
		if (shown == plain) != (settings.Post == "") {
			t.Errorf("post = %q: %+v, and %+v of the probabilities", settings.Post, shown, plain)
		}
	}
}

func count(c *measures.Counts, predicted, truth bool) {
	switch {
	case predicted && truth:
		c.TP++
	case predicted:
		c.FP++
	case truth:
		c.FN++
	default:
		c.TN++
	}
}

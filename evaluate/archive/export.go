package archive

import (
	"encoding/csv"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
)

// scopes are the readings of a measure, by the prefixes of their columns.
var scopes = []struct {
	name string
	of   func(*evaluate.Measures) *measures.Scores
}{
	{"inside_micro_", func(m *evaluate.Measures) *measures.Scores { return &m.Inside.Micro }},
	{"inside_image_", func(m *evaluate.Measures) *measures.Scores { return &m.Inside.PerImage }},
	{"all_micro_", func(m *evaluate.Measures) *measures.Scores { return &m.All.Micro }},
	{"all_image_", func(m *evaluate.Measures) *measures.Scores { return &m.All.PerImage }},
}

// Measured yields the measures of a finished result that are defined, by the names of their columns in summary.csv.
func Measured(r *evaluate.Result) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		if r.Status != evaluate.Finished {
			return
		}
		for _, scope := range scopes {
			for _, m := range measures.All() {
				if v := scope.of(&r.Measures).Of(m); !math.IsNaN(v) && !yield(scope.name+m.Key(), v) {
					return
				}
			}
		}
	}
}

// WriteSummary writes one CSV row per run, finished or not: what it was, every measure inside the field of view and
// over all pixels, pooled ("micro") and as the mean over images ("image"), its cost, and every setting as a column
// "config.…" or "versions.…". A cell is empty if the run has no such value; a setting is then at its default. A run of
// several classes has a row for their mean and one for each, and the files of its sweep a column "class".
func (s *Sweep) WriteSummary(w io.Writer) error {
	columns := []string{
		"run", "status", "error", "dataset", "phantom", "assessed", "network", "setting", "fold",
		"folds",
		"seed", "parameters", "epochs", "threshold", "tested", "data_hash", "kernels", "note",
	}
	several := s.hasClasses()
	if several {
		columns = append(columns, "class")
	}
	for _, scope := range scopes {
		for _, m := range measures.All() {
			columns = append(columns, scope.name+m.Key())
		}
	}
	columns = append(columns, "device", "train_seconds", "train_samples_per_second", "peak_memory_bytes",
		"test_protocol", "test_seconds_per_sample")
	settings, known := make([]map[string]string, len(s.Runs)), map[string]bool{}
	for i, r := range s.Runs {
		settings[i] = map[string]string{}
		for key, value := range r.Settings() {
			if !strings.HasPrefix(key, "versions.") {
				key = "config." + key
			}
			settings[i][key], known[key] = value, true
		}
	}
	keys := slices.Sorted(maps.Keys(known))
	out := csv.NewWriter(w)
	if err := out.Write(slices.Concat(columns, keys)); err != nil {
		return err
	}
	for i, result := range s.eachClass() {
		r := s.Runs[i]
		finished := result.Status == evaluate.Finished
		row := []string{
			r.ID, string(result.Status), result.Error, result.Dataset, strconv.FormatBool(result.Phantom),
			result.Assessed, result.Label(), result.Setting(), strconv.Itoa(result.Fold), strconv.Itoa(result.Folds),
			strconv.FormatUint(result.Seed, 10), positive(float64(result.Parameters)), positive(float64(result.Epochs)),
			positive(result.Cut()), "", result.DataHash, result.Kernels, result.Note,
		}
		if several {
			row = append(row, result.Class())
		}
		if finished {
			row[slices.Index(columns, "tested")] = strconv.Itoa(len(result.Measures.Inside.Images))
		}
		for _, scope := range scopes {
			for _, m := range measures.All() {
				value := math.NaN()
				if finished {
					value = scope.of(&result.Measures).Of(m)
				}
				row = append(row, decimal(value))
			}
		}
		cost, protocol, seconds := result.Cost, "", 0.0
		if len(cost.Inference) > 0 {
			protocol, seconds = cost.Inference[0].Way(), cost.Inference[0].SecondsPerSample
		}
		row = append(row, cost.Device, positive(cost.TrainSeconds), positive(cost.TrainSamplesPerSecond),
			positive(float64(cost.PeakMemoryBytes)), protocol, positive(seconds))
		for _, key := range keys {
			row = append(row, settings[i][key])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WritePerImage writes the measures of every image of every finished run as CSV: one row inside the field of view
// and one over all pixels. Undefined measures are empty.
func (s *Sweep) WritePerImage(w io.Writer) error {
	columns := []string{
		"run", "dataset", "phantom", "assessed", "network", "setting", "fold", "seed", "image",
		"pixels",
		"tp", "tn", "fp", "fn",
	}
	several := s.hasClasses()
	if several {
		columns = append(columns, "class")
	}
	for _, m := range measures.All() {
		columns = append(columns, m.Key())
	}
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for at, result := range s.eachClass() {
		r := s.Runs[at]
		if result.Status != evaluate.Finished {
			continue
		}
		for _, scope := range []struct {
			name   string
			images []evaluate.ImageScores
		}{{"inside", result.Measures.Inside.Images}, {"all", result.Measures.All.Images}} {
			for i := range scope.images {
				image := &scope.images[i]
				row := []string{
					r.ID, result.Dataset, strconv.FormatBool(result.Phantom), result.Assessed,
					result.Label(),
					result.Setting(), strconv.Itoa(result.Fold), strconv.FormatUint(result.Seed,
						10), image.ID, scope.name,
				}
				for _, n := range []int64{image.Scores.TP, image.Scores.TN, image.Scores.FP, image.Scores.FN} {
					row = append(row, strconv.FormatInt(n, 10))
				}
				if several {
					row = append(row, result.Class())
				}
				for _, m := range measures.All() {
					row = append(row, decimal(image.Scores.Of(m)))
				}
				if err := out.Write(row); err != nil {
					return err
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

// hasClasses reports whether a run has several classes.
func (s *Sweep) hasClasses() bool {
	return slices.ContainsFunc(s.Runs, func(r *Run) bool { return len(r.Result.Classes) > 0 })
}

// eachClass yields the results of each run, with the run's place: one, or of several classes their mean and each.
func (s *Sweep) eachClass() iter.Seq2[int, *evaluate.Result] {
	return func(yield func(int, *evaluate.Result) bool) {
		for i, r := range s.Runs {
			for _, result := range evaluate.EachClass([]evaluate.Result{r.Result}) {
				if !yield(i, &result) {
					return
				}
			}
		}
	}
}

// positive returns a number's shortest decimals, or "" if it is not above 0, which stands for unknown.
func positive(v float64) string {
	if v > 0 {
		return decimal(v)
	}
	return ""
}

// decimal returns a number's shortest decimals that read back as the same number, "" for NaN.
func decimal(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

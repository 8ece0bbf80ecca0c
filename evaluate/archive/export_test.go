package archive_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
)

// exported reads what write writes as maps from column to text.
func exported(t *testing.T, write func(io.Writer) error) []map[string]string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			if _, twice := row[column]; twice {
				t.Errorf("two columns %s", column)
			}
			row[column] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func TestSummaryHasEveryRunSettingAndMeasure(t *testing.T) {
	folder, ids := sweep(t)
	s := open(t, folder)
	rows := exported(t, s.WriteSummary)
	if len(rows) != len(ids) {
		t.Fatalf("%d rows of %d runs", len(rows), len(ids))
	}
	for i, row := range rows {
		r := s.Runs[i]
		if row["run"] != r.ID || row["status"] != string(r.Result.Status) || row["error"] != r.Result.Error ||
			row["network"] != r.Result.Label() || row["config.training.rate"] != "0.0002" ||
			row["versions.go"] != "go1.26" {
			t.Errorf("%s: %v", r.ID, row)
		}
		for name, scores := range map[string]*measures.Scores{
			"inside_micro_": &r.Result.Measures.Inside.Micro, "inside_image_": &r.Result.Measures.Inside.PerImage,
			"all_micro_": &r.Result.Measures.All.Micro, "all_image_": &r.Result.Measures.All.PerImage,
		} {
			for _, m := range measures.All() {
				text, ok := row[name+m.Key()]
				value, err := strconv.ParseFloat(text, 64)
				defined := r.Result.Status == evaluate.Finished && evaluate.Defined(scores.Of(m))
				if !ok || defined && (err != nil || value != scores.Of(m)) || !defined && text != "" {
					t.Errorf("%s: %s is %q, want %g", r.ID, name+m.Key(), text, scores.Of(m))
				}
			}
		}
	}
}

func TestPerImageHasEveryImageInsideAndOverAll(t *testing.T) {
	folder, _ := sweep(t)
	s := open(t, folder)
	var want int
	for _, r := range s.Runs {
		want += len(r.Result.Measures.Inside.Images) + len(r.Result.Measures.All.Images)
	}
	rows := exported(t, s.WritePerImage)
	if len(rows) != want || want == 0 {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
	for _, row := range rows {
		images := s.Run(row["run"]).Result.Measures.Inside.Images
		if row["pixels"] == "all" {
			images = s.Run(row["run"]).Result.Measures.All.Images
		}
		for _, image := range images {
			if image.ID != row["image"] {
				continue
			}
			want = -1
			if f1, err := strconv.ParseFloat(row["f1"], 64); err != nil || f1 != image.Scores.Of(measures.F1) ||
				row["tp"] != strconv.FormatInt(image.Scores.TP, 10) {
				t.Errorf("%v; want %+v", row, image.Scores)
			}
		}
	}
	if want != -1 {
		t.Error("no image was found again")
	}
}

package evaluate

import (
	"encoding/json"
	"strings"
	"testing"

	"r2unet/evaluate/measures"
)

// everything measures random images by every measure.
func everything(t *testing.T) Result {
	t.Helper()
	r := sampleResults(t)[0]
	r.Measures = measure(t, Options{Extra: measures.All()}, randomImage("a", 40, 30, 1), randomImage("b", 40, 30, 2))
	return r
}

// TestEveryMeasureIsThere checks the promises of docs/measures.md for every registered measure, including
// those of pages and other modules.
func TestEveryMeasureIsThere(t *testing.T) {
	r := everything(t)
	written, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var read Result
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	table, err := Table(1, []Result{read})
	if err != nil {
		t.Fatal(err)
	}
	csv, err := table.CSV()
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(csv, "\n")
	for _, m := range measures.All() {
		image := r.Measures.Inside.Images[0].Scores.Of(m)
		if !Defined(image) || read.Measures.Inside.Images[0].Scores.Of(m) != image {
			t.Errorf("%s of an image is %g, read back %g", m.Key(), image, read.Measures.Inside.Images[0].Scores.Of(m))
		}
		if pooled := read.Measures.Inside.Micro.Of(m); Defined(pooled) == (m.Masks != nil) {
			t.Errorf("%s of all pixels is %g", m.Key(), pooled)
		}
		if m.RecordOnly {
			continue
		}
		if !strings.Contains(header, ","+m.Key()+","+m.Key()+"_sd") {
			t.Errorf("%s has no column in CSV: %s", m.Key(), header)
		}
		for _, row := range table.Rows {
			if row.Source == "ours" && !row.other && !Defined(row.Cells[m.Key()].Value) {
				t.Errorf("%s has no value in the table", m.Key())
			}
		}
		if !strings.Contains(table.HTML(), m.Heading()) || !strings.Contains(table.Markdown(), m.Heading()) {
			t.Errorf("%s is on no page", m.Heading())
		}
	}
}

// TestEveryMeasureIsUndefinedWhereARecordLacksIt reads a record that lacks some measures.
func TestEveryMeasureIsUndefinedWhereARecordLacksIt(t *testing.T) {
	var scores measures.Scores
	if err := json.Unmarshal([]byte(`{"tp":1,"tn":2,"fp":3,"fn":4,"f1":0.5,"of_tomorrow":"?"}`), &scores); err != nil {
		t.Fatal(err)
	}
	for _, m := range measures.All() {
		if Defined(scores.Of(m)) != (m == measures.F1) {
			t.Errorf("%s is %g", m.Key(), scores.Of(m))
		}
	}
}

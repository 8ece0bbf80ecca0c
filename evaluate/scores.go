package evaluate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// Scores is what is measured on one set of pixels, or the mean of it over
// images. Undefined measures (0/0) are NaN, in JSON null.
type Scores struct {
	Counts // zero in a mean over images

	Accuracy         float64 // AC, Eq. (4)
	Sensitivity      float64 // SE, Eq. (5)
	Specificity      float64 // SP, Eq. (6)
	F1               float64 // F1 = DC, Eq. (7)
	Jaccard          float64 // JS, Eq. (8)
	AUC              float64 // area under the ROC curve of the probabilities, ties counted half
	Precision        float64 // TP/(TP+FP)
	AveragePrecision float64 // area under the precision–recall curve, as steps
	MCC              float64 // Matthews' correlation, in [-1, 1]
	Kappa            float64 // Cohen's κ, in [-1, 1]
	BalancedAccuracy float64 // (SE+SP)/2, printed as AUC in the paper's Tables II and III
	MSE              float64 // mean squared error of the probabilities
	Hausdorff95      float64 // 95th percentile Hausdorff distance, px; NaN unless asked for, and for pooled pixels
	CentrelineDice   float64 // clDice, for vessels; NaN unless asked for, and for pooled pixels
}

// A Measure describes one field of [Scores].
type Measure struct {
	Key  string // in JSON and CSV, e.g. "se"
	Name string // in headings, e.g. "SE"
	Of   func(*Scores) *float64
}

// AllMeasures lists the measures in the order in which they are reported.
var AllMeasures = []Measure{
	{"ac", "AC", func(s *Scores) *float64 { return &s.Accuracy }},
	{"se", "SE", func(s *Scores) *float64 { return &s.Sensitivity }},
	{"sp", "SP", func(s *Scores) *float64 { return &s.Specificity }},
	{"f1", "F1", func(s *Scores) *float64 { return &s.F1 }},
	{"js", "JS", func(s *Scores) *float64 { return &s.Jaccard }},
	{"auc", "AUC", func(s *Scores) *float64 { return &s.AUC }},
	{"precision", "Precision", func(s *Scores) *float64 { return &s.Precision }},
	{"ap", "AP", func(s *Scores) *float64 { return &s.AveragePrecision }},
	{"mcc", "MCC", func(s *Scores) *float64 { return &s.MCC }},
	{"kappa", "κ", func(s *Scores) *float64 { return &s.Kappa }},
	{"balanced_accuracy", "Balanced accuracy", func(s *Scores) *float64 { return &s.BalancedAccuracy }},
	{"mse", "MSE", func(s *Scores) *float64 { return &s.MSE }},
	{"hausdorff95_px", "HD95 (px)", func(s *Scores) *float64 { return &s.Hausdorff95 }},
	{"cldice", "clDice", func(s *Scores) *float64 { return &s.CentrelineDice }},
}

// MeasureByKey finds a measure; ok is false where there is none of that key.
func MeasureByKey(key string) (m Measure, ok bool) {
	for _, m := range AllMeasures {
		if m.Key == key {
			return m, true
		}
	}
	return Measure{}, false
}

// scoresOf fills in all measures that follow from the counts; the others are NaN.
func scoresOf(c Counts) Scores {
	return Scores{
		Counts:           c,
		Accuracy:         c.Accuracy(),
		Sensitivity:      c.Sensitivity(),
		Specificity:      c.Specificity(),
		F1:               c.F1(),
		Jaccard:          c.Jaccard(),
		AUC:              math.NaN(),
		Precision:        c.Precision(),
		AveragePrecision: math.NaN(),
		MCC:              c.MCC(),
		Kappa:            c.Kappa(),
		BalancedAccuracy: c.BalancedAccuracy(),
		MSE:              math.NaN(),
		Hausdorff95:      math.NaN(),
		CentrelineDice:   math.NaN(),
	}
}

// meanOf averages each measure over the images that define it, and counts for
// each the images that do not.
func meanOf(images []ImageScores) (mean Scores, undefined map[string]int) {
	undefined = map[string]int{}
	for _, m := range AllMeasures {
		sum, n := 0.0, 0
		for i := range images {
			if v := *m.Of(&images[i].Scores); !math.IsNaN(v) {
				sum += v
				n++
			}
		}
		*m.Of(&mean) = sum / float64(n)
		if n < len(images) {
			undefined[m.Key] = len(images) - n
		}
	}
	return mean, undefined
}

// MarshalJSON writes the counts, where there are some, and every measure under its key.
func (s Scores) MarshalJSON() ([]byte, error) {
	fields := map[string]any{}
	if s.Total() > 0 {
		fields["tp"], fields["tn"], fields["fp"], fields["fn"] = s.TP, s.TN, s.FP, s.FN
	}
	for _, m := range AllMeasures {
		fields[m.Key] = orNull(*m.Of(&s))
	}
	return json.Marshal(fields)
}

// UnmarshalJSON reads what MarshalJSON wrote; a measure that is null or absent becomes NaN.
func (s *Scores) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &s.Counts); err != nil {
		return fmt.Errorf("read counts: %w", err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("read measures: %w", err)
	}
	for _, m := range AllMeasures {
		value := math.NaN()
		switch v := fields[m.Key].(type) {
		case nil:
		case float64:
			value = v
		default:
			return fmt.Errorf("read measures: %s is %v, want a number or null", m.Key, v)
		}
		*m.Of(s) = value
	}
	return nil
}

// UnmarshalJSON reads an image's measures and refuses what names no image. In a list, the decoder then stops at the first such element: it
// would go on behind a wrong type, and make this structure of every two bytes.
func (s *ImageScores) UnmarshalJSON(data []byte) error {
	type plain ImageScores
	if err := json.Unmarshal(data, (*plain)(s)); err != nil {
		return fmt.Errorf("read an image's measures: %w", err)
	}
	if s.ID == "" {
		return errors.New("read an image's measures: it has no id")
	}
	return nil
}

// orNull turns what JSON has no number for into null.
func orNull(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

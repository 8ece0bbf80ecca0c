package tuning

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"r2unet/evaluate/record"
)

// searched has an effect of the rate alone: quality rises with it. Choices are without effect.
func searched() record.Search {
	s := record.Search{
		Name: "DRIVE U-Net", Label: "drive-u-net", Profile: "tune", Method: "tpe", Pruning: "median",
		Measure: "F1", Select: "f1", Decimals: 4, Planned: 12,
		Keys: []record.SearchKey{
			{Key: "learning-rate", Low: 1e-4, High: 1e-1, Log: true},
			{Key: "optimizer", Choices: []string{"adam", "sgd(momentum=0.5)"}},
			{Key: "augment.flip", Choices: []string{"true", "false"}},
		},
	}
	for i := range 8 {
		value := 0.1 * float64(i)
		optimizer := []string{"adam", "sgd(momentum=0.5)"}[i/2%2]
		flip := strconv.FormatBool((i+1)/2%2 == 0)
		s.Trials = append(s.Trials, record.Trial{
			Number: i + 1, Run: "run", Values: []string{
				strconv.FormatFloat(1e-4*math.Pow(2, float64(i)), 'g', 3, 64), optimizer, flip,
			},
			State: record.TrialFinished, Value: &value, Best: 3, Epochs: 5,
		})
	}
	s.Trials[2].State = record.TrialStopped
	s.Trials = append(s.Trials,
		record.Trial{Number: 9, Values: []string{"1e-06", "adam", "true"}, State: record.TrialDiverged, Epochs: 1},
		record.Trial{Number: 10, Values: []string{"0.05", "adam", "true"}, State: record.TrialRunning})
	return s
}

func TestTrialsAreRankedInTheMeasuresDirection(t *testing.T) {
	s := searched()
	order := func() string {
		var numbers []string
		for _, trial := range Ranked(s) {
			numbers = append(numbers, strconv.Itoa(trial.Number))
		}
		return strings.Join(numbers, " ")
	}
	if got := order(); got != "8 7 6 5 4 3 2 1 9" {
		t.Errorf("larger is better: %s", got)
	}
	s.LowerIsBetter = true
	if got := order(); got != "1 2 3 4 5 6 7 8 9" {
		t.Errorf("smaller is better: %s", got)
	}
	if got := Summary(s); got != "9 of 12 trials (1 stopped early, 1 diverged)" {
		t.Errorf("got %s", got)
	}
}

func TestBestPointIsTOML(t *testing.T) {
	text := TOML(searched())
	var got map[string]any
	if _, err := toml.Decode(text, &got); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got["learning-rate"] != 0.0128 || got["optimizer"] != "sgd(momentum=0.5)" || got["select"] != "f1" ||
		got["augment"].(map[string]any)["flip"] != true {
		t.Errorf("%v from\n%s", got, text)
	}
	if text := TOML(record.Search{Keys: searched().Keys, Trials: searched().Trials[8:]}); text != "" {
		t.Errorf("without a value: %s", text)
	}
}

// TestEffectsAreSharesOfVarianceOfRanks: 1 for what orders the trials, near 0 for what does not.
func TestEffectsAreSharesOfVarianceOfRanks(t *testing.T) {
	s := searched()
	effects := Effects(s)
	if e := effects[0]; math.Abs(e.Rho-1) > 1e-12 || e.String() != "learning-rate: ρ² = 1.00 (ρ = +1.00)" {
		t.Errorf("of the rate: %+v, %s", e, e)
	}
	// Ranks 1 (diverged) to 9; adam has 1, 2, 3, 6, 7 and sgd 4, 5, 8, 9: means 3.8 and 6.5 of 5, so
	// η² = (5·1.2² + 4·1.5²) / 60.
	if e := effects[1]; math.Abs(e.Share-16.2/60) > 1e-12 || !math.IsNaN(e.Rho) {
		t.Errorf("of the optimizer: %+v", e)
	}
	s.LowerIsBetter = true
	s.Trials = s.Trials[:8]
	if e := Effects(s)[0]; math.Abs(e.Rho+1) > 1e-12 {
		t.Errorf("where smaller is better: %+v", e)
	}
	s.Trials = s.Trials[:4]
	if e := Effects(s)[0]; !math.IsNaN(e.Share) || !strings.Contains(e.String(), "too few") {
		t.Errorf("of four trials: %+v", e)
	}
}

func TestEqualValuesShareTheirRank(t *testing.T) {
	got := ranks([]float64{3, 1, 3, math.Inf(1)})
	for i, want := range []float64{2.5, 1, 2.5, 4} {
		if got[i] != want {
			t.Errorf("ranks %v", got)
		}
	}
}

func TestTablesShowEveryTrial(t *testing.T) {
	s := searched()
	if csv := CSV(s); !strings.HasPrefix(csv, "Trial,learning-rate,optimizer,augment.flip,F1,"+
		"of epoch,Epochs,State\n8,0.0128,") || strings.Count(csv, "\n") != 10 {
		t.Errorf("csv\n%s", csv)
	}
	for _, page := range []string{Markdown(s), Terminal(s)} {
		for _, want := range []string{"0.7000", "stopped early", "learning-rate = 0.0128", "9 of 12 trials"} {
			if !strings.Contains(page, want) {
				t.Errorf("no %s in\n%s", want, page)
			}
		}
	}
}

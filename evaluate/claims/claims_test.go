package claims

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/paper"
	"r2unet/evaluate/record"
)

// A simulation draws runs of the paper's networks: an image's F1 is 0.8, plus what the network is better by, plus
// effects of the image, of image and network, of the training, and noise. AUC differs a third as much.
type simulation struct {
	dataset   string
	images    int
	seeds     int
	better    map[string]float64 // by role name
	ofPair    float64            // standard deviation of image and network together
	ofSeed    float64            // of a training
	noise     float64
	parameter map[string]int // instead of the usual
}

func facets(r role) []evaluate.Facet {
	t := 0
	if n, err := strconv.Atoi(r.t); err == nil {
		t = n
	}
	weights := ""
	if t > 0 {
		weights = "shared"
	}
	return evaluate.Network{
		Block: r.block, T: t, Weights: weights, Norm: "batch", Channels: []int{16, 32, 64, 128},
	}.Facets()
}

var parameters = map[string]int{
	"U-Net": 482449, "ResU-Net": 554865, "RU-Net (t=2)": 973713, "R2U-Net (t=2)": 1046129, "R2U-Net (t=3)": 1047537,
}

func (s simulation) runs(random *rand.Rand) []Run { return s.of(random, roles...) }

// of draws the runs of some roles.
func (s simulation) of(random *rand.Rand, roles ...role) (runs []Run) {
	ofImage := make([]float64, s.images)
	for i := range ofImage {
		ofImage[i] = random.NormFloat64() * 0.03
	}
	for _, r := range roles {
		ofPair := make([]float64, s.images)
		for i := range ofPair {
			ofPair[i] = random.NormFloat64() * s.ofPair
		}
		for seed := range s.seeds {
			ofSeed := random.NormFloat64() * s.ofSeed
			n := parameters[r.name]
			if s.parameter[r.name] > 0 {
				n = s.parameter[r.name]
			}
			result := evaluate.Result{
				RunID: fmt.Sprintf("%s-%s-%d", s.dataset, r.name, seed), Status: evaluate.Finished, Dataset: s.dataset,
				Architecture: strings.Fields(r.name)[0], Facets: facets(r), Seed: uint64(seed + 1), Folds: 1,
				DataHash: "0123456789ab", Parameters: n, Epochs: 4,
			}
			for i := range ofImage {
				score := evaluate.ImageScores{ID: fmt.Sprintf("%02d_test", i)}
				if s.dataset == "CHASE_DB1" {
					score.ID = fmt.Sprintf("Image_%02d%c", i/2+1, "LR"[i%2])
				}
				d := s.better[r.name] + ofPair[i] + ofSeed + random.NormFloat64()*s.noise
				score.Scores.Set(measures.F1, 0.8+ofImage[i]+d)
				score.Scores.Set(measures.AUC, 0.97+ofImage[i]/10+d/3)
				result.Measures.Inside.Images = append(result.Measures.Inside.Images, score)
			}
			var history []record.Epoch
			for e := range 4 {
				history = append(history, record.Epoch{
					Epoch: e + 1, ValidationLoss: 1 / float64(e+1),
					ValidationAccuracy: 0.9 + 0.01*float64(e) + s.better[r.name] + random.NormFloat64()*s.noise,
				})
			}
			runs = append(runs, Run{"drawn", result, history})
		}
	}
	return runs
}

// study tests the claims on runs.
func study(t testing.TB, runs []Run) *Study {
	t.Helper()
	e, err := New([]string{"drawn"}, runs)
	if err != nil {
		t.Fatal(err)
	}
	return Test(e)
}

func (s *Study) of(t testing.TB, id string) *finding {
	t.Helper()
	for _, f := range s.findings {
		if f.id == id {
			return f
		}
	}
	t.Fatalf("no claim %s", id)
	return nil
}

func (s *Study) page(t testing.TB) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.WriteMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestNoDifferenceCannotBeTold(t *testing.T) {
	s := study(t, simulation{dataset: "DRIVE", images: 20, seeds: 3, ofPair: 0.015, noise: 0.01, ofSeed: 0.004}.
		runs(rand.New(rand.NewPCG(1, 1))))
	for _, id := range []string{"1", "1a", "1b", "1c", "2", "3", "5"} {
		if f := s.of(t, id); f.verdict != CannotBeTold {
			t.Errorf("claim %s %s: %s", id, f.verdict, f.why)
		}
	}
}

func TestPlantedDifferencesAreFound(t *testing.T) {
	better := map[string]float64{
		"ResU-Net": 0.015, "RU-Net (t=2)": 0.03, "R2U-Net (t=2)": 0.045, "R2U-Net (t=3)": 0.03,
	}
	s := study(t, simulation{
		dataset: "DRIVE", images: 20, seeds: 7, better: better, ofPair: 0.003, noise: 0.003, ofSeed: 0.001,
	}.runs(rand.New(rand.NewPCG(1, 2))))
	for id, want := range map[string]Verdict{
		"1": Holds, "1a": Holds, "1b": Holds, "1c": Holds, "2": Holds, "3": DoesNotHold, "5": Holds, "6": Holds,
	} {
		if f := s.of(t, id); f.verdict != want {
			t.Errorf("claim %s %s, want %s: %s", id, f.verdict, want, f.why)
		}
	}
	if f := s.of(t, "2"); f.equal != CannotBeTold || math.Abs(f.overall.main.Mean-0.045) > 0.006 {
		t.Errorf("R2U-Net has twice the parameters, but at equal parameters it %s; difference %v", f.equal,
			f.overall.main.Mean)
	}
	if f := s.of(t, "3"); f.equal != DoesNotHold {
		t.Errorf("t = 2 and 3 are of equal size, but at equal parameters claim 3 %s", f.equal)
	}
	if f := s.of(t, "4"); f.verdict != CannotBeTold || !strings.Contains(f.why, "was run") {
		t.Errorf("without a larger U-Net claim 4 %s: %s", f.verdict, f.why)
	}
}

// Networks whose difference is surely smaller than the margin refute the claim: that is more than not knowing.
func TestADifferenceThatDoesNotMatterRefutes(t *testing.T) {
	s := study(t, simulation{
		dataset: "DRIVE", images: 20, seeds: 3, ofPair: 0.001, noise: 0.001, ofSeed: 0.0002,
		parameter: map[string]int{"U-Net": 1500000},
	}.runs(rand.New(rand.NewPCG(1, 3))))
	if f := s.of(t, "1a"); f.verdict != DoesNotHold {
		t.Errorf("claim 1a %s: %s", f.verdict, f.why)
	}
	if f := s.of(t, "4"); f.verdict != Holds {
		t.Errorf("claim 4 %s, though a U-Net of 1.5 million parameters is no better: %s", f.verdict, f.why)
	}
	if f := s.of(t, "2"); f.equal != CannotBeTold {
		t.Errorf("R2U-Net is smaller than U-Net here, so at equal parameters claim 2 cannot be told, but %s", f.equal)
	}
}

// Where nothing differs, claims hold in about 2.5 % of studies, half of the level, and where the networks differ by the
// margin they are refuted in about that share, though trainings differ as much as images do.
func TestVerdictsAreRarelyWrong(t *testing.T) {
	const trials = 600
	for name, s := range map[string]simulation{
		"images differ":    {dataset: "DRIVE", images: 10, seeds: 3, ofPair: 0.006, noise: 0.002, ofSeed: 0.0005},
		"trainings differ": {dataset: "DRIVE", images: 10, seeds: 3, ofPair: 0.003, noise: 0.002, ofSeed: 0.003},
		"eight eyes":       {dataset: "CHASE_DB1", images: 16, seeds: 3, ofPair: 0.004, noise: 0.002, ofSeed: 0.001},
	} {
		for line, wrong := range map[float64]Verdict{0: Holds, f1Score.margin: DoesNotHold} {
			random := rand.New(rand.NewPCG(2, uint64(len(name))))
			s.better = map[string]float64{"R2U-Net (t=3)": line}
			count := 0
			for range trials {
				runs := s.of(random, r2Two, r2Tri)
				e, err := New(nil, runs)
				if err != nil {
					t.Fatal(err)
				}
				f := &finding{claim: claims[5]} // claim 3
				f.match.a, f.match.b = runs[len(runs)-1].Result.NetworkKey(), runs[0].Result.NetworkKey()
				if v, _ := f.over(e.sets).main.verdict(); v == wrong {
					count++
				}
			}
			share := float64(count) / trials
			t.Logf("%s, difference %v: %q in %.1f %%", name, line, wrong, 100*share)
			if share > 0.05 {
				t.Errorf("%s, difference %v: %q in %.1f %% of studies", name, line, wrong, 100*share)
			}
		}
	}
}

func TestTooLittleEvidenceIsSaid(t *testing.T) {
	better := map[string]float64{"R2U-Net (t=2)": 0.2}
	for want, s := range map[string]simulation{
		"the smallest possible p is 0.12":    {dataset: "CHASE_DB1", images: 8, seeds: 3, better: better, noise: 0.001},
		"2 trainings of each network":        {dataset: "DRIVE", images: 20, seeds: 2, better: better, noise: 0.001},
		"1 image: no test is possible":       {dataset: "DRIVE", images: 1, seeds: 3, better: better, noise: 0.001},
		"0.031, and 5 tests are corrected f": {dataset: "DRIVE", images: 6, seeds: 3, better: better, noise: 0.001},
	} {
		f := study(t, s.runs(rand.New(rand.NewPCG(1, 4)))).of(t, "2")
		if f.verdict != CannotBeTold && !strings.HasPrefix(want, "0.031") || !strings.Contains(f.why, want) {
			t.Errorf("%s: %s, want %q", f.verdict, f.why, want)
		}
	}
}

func TestMarginsAreHalfOfWhatThePaperPrints(t *testing.T) {
	printed := func(column string) float64 {
		var all []float64
		for _, dataset := range []string{"DRIVE", "STARE", "CHASE_DB1", "ISIC2017", "Lung"} {
			if d := printedDifference(dataset, column, r2Two, uNet); !math.IsNaN(d) {
				all = append(all, d)
			}
		}
		slices.Sort(all)
		return all[len(all)/2] / 2
	}
	for column, q := range map[string]quantity{"f1": f1Score, "auc": aucScore, "ac": convergence} {
		if half := printed(column); q.margin < 0.8*half || q.margin > 1.2*half {
			t.Errorf("margin %v of %s, half of the printed median is %v", q.margin, column, half)
		}
	}
}

func TestPrintedDifferencesAreThePapers(t *testing.T) {
	for _, c := range []struct {
		dataset, column string
		a, b            role
		want            float64
	}{
		{"DRIVE", "f1", r2Two, uNet, 0.0029},
		{"CHASE_DB1", "auc", r2Two, ruNet, 0.0012},
		{"ISIC2017", "f1", r2Tri, r2Two, 0.0097},
		{"Lung", "f1", ruNet, resNet, -0.0052},
		{"Lung", "auc", r2Two, uNet, math.NaN()},
		{"STARE", "f1", r2Tri, r2Two, math.NaN()},
	} {
		got := printedDifference(c.dataset, c.column, c.a, c.b)
		if math.IsNaN(c.want) != math.IsNaN(got) || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s, %s of %s minus %s: %v, want %v", c.dataset, c.column, c.a.name, c.b.name, got, c.want)
		}
	}
	for _, r := range roles { // every name must be printed somewhere
		found := false
		for n := 1; n <= 3; n++ {
			table, err := paper.Printed(n)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range table.Rows {
				found = found || slices.Contains(r.printed, strings.ToLower(row.Text("method")))
			}
		}
		if !found {
			t.Errorf("the paper has no row %v", r.printed)
		}
	}
}

func TestAreaIsTheMeanHeightOfTheCurve(t *testing.T) {
	curve := func(values ...float64) (h []record.Epoch) {
		for i, v := range values {
			h = append(h, record.Epoch{Epoch: i + 1, ValidationAccuracy: v})
		}
		return h
	}
	for _, c := range []struct {
		history []record.Epoch
		from    float64
		want    float64
	}{
		{curve(0.5, 0.7), 0.5, 0.6},
		{curve(0.5, 0.7, 0.7), 1.0 / 3, (0.6 + 0.7) / 2},
		{curve(0.2, 0.4, 0.6, 0.8), 0.25, 0.5},
		{curve(0.2, 0.4, 0.6, 0.8), 0.375, 0.55}, // begins at 0.3, between two epochs
		{curve(0.9), 1, math.NaN()},
		{curve(0.9, 0), 0.5, math.NaN()}, // a history without validation
		{curve(0.9, math.NaN()), 0.5, math.NaN()},
		{nil, math.NaN(), math.NaN()},
	} {
		got := area(c.history, c.from)
		if math.IsNaN(c.want) != math.IsNaN(got) || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v from %v: %v, want %v", c.history, c.from, got, c.want)
		}
	}
	if early, late := area(curve(0.8, 0.9, 0.9), 1.0/3), area(curve(0.5, 0.6, 0.9), 1.0/3); early <= late {
		t.Errorf("the earlier curve has %v, the later %v", early, late)
	}
}

func TestRunsThatDoNotCountAreSaid(t *testing.T) {
	runs := simulation{dataset: "DRIVE", images: 8, seeds: 3, noise: 0.01}.runs(rand.New(rand.NewPCG(1, 5)))
	runs[0].Result.Phantom = true
	runs[1].Result.Assessed = evaluate.OnValidation
	runs[2].Result.Status = evaluate.Failed
	runs = append(runs, runs[5]) // a copy changes nothing
	page := study(t, runs).page(t)
	for _, want := range []string{
		"STARE: no finished run", "Lung: no finished run", "DRIVE: U-Net not run", "on a phantom, whose images are drawn: 1 run",
		"tested on validation images: 1 run", "not finished or failed: 1 run",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	twin := runs[5]
	twin.Result.RunID += "-again"
	if _, err := New(nil, append(runs, twin)); err == nil || !strings.Contains(err.Error(), "is there twice") {
		t.Errorf("two runs of one seed: %v", err)
	}
}

// Verdicts come first, every claim has one, and nothing depends on the order of runs.
func TestThePageBeginsWithAllVerdicts(t *testing.T) {
	runs := simulation{dataset: "STARE", images: 20, seeds: 3, noise: 0.01}.runs(rand.New(rand.NewPCG(1, 6)))
	page := study(t, runs).page(t)
	head, _, _ := strings.Cut(page, "## How the verdicts")
	for _, c := range claims {
		if !strings.Contains(head, "| "+c.id+" | "+c.text+" | **") {
			t.Errorf("claim %s has no verdict at the top of\n%s", c.id, head)
		}
	}
	slices.Reverse(runs)
	if again := study(t, runs).page(t); again != page {
		t.Error("another order of runs gives another page")
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "%!") {
		t.Errorf("the page holds a value that is none:\n%s", page)
	}
}

func TestNothingRunHasAPage(t *testing.T) {
	page := study(t, nil).page(t)
	if !strings.Contains(page, "nothing can be told") || strings.Contains(page, "**holds**:") {
		t.Errorf("without runs:\n%s", page)
	}
}

// The committed page is what the command makes of the committed results.
func TestCommittedPageIsThatOfTheCommittedResults(t *testing.T) {
	const folder, path = "../../results/reference/night", "../../docs/claims.md"
	for _, name := range []string{folder, path} {
		if _, err := os.Stat(name); err != nil {
			t.Skipf("%s is not there yet", name)
		}
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if page := Test(e).page(t); page != string(committed) {
		t.Errorf("docs/claims.md is not of results/reference/night; make it again: " +
			"go run ./cmd/sweep claims -out docs/claims.md results/reference/night")
	}
}

// TestDamagedRecordsAreSaidAndNotUsed: a record and a history of committed runs are cut off.
func TestDamagedRecordsAreSaidAndNotUsed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "epochs")
	if err := os.CopyFS(folder, os.DirFS("../../results/reference/epochs")); err != nil {
		t.Fatal(err)
	}
	runs, err := filepath.Glob(filepath.Join(folder, "runs", "*r2u-net-t2*"))
	if err != nil || len(runs) != 3 {
		t.Fatal(runs, err)
	}
	whole, err := Open(folder)
	if err != nil || len(whole.Problems) > 0 {
		t.Fatal(err, whole.Problems)
	}
	sound := curvesUsed(t, whole)
	if err := errors.Join(os.Truncate(filepath.Join(runs[0], record.HistoryFile), 700),
		os.Truncate(filepath.Join(runs[1], record.RunFile), 700)); err != nil {
		t.Fatal(err)
	}
	damaged, err := Open(folder)
	if err != nil || len(damaged.Problems) != 2 || !strings.Contains(damaged.Problems[0], record.HistoryFile) ||
		!strings.Contains(damaged.Problems[1], record.RunFile) {
		t.Fatal(err, damaged.Problems)
	}
	if n := curvesUsed(t, damaged); sound != 3 || n != 1 {
		t.Errorf("%d of %d curves are used; one record and one history are damaged", n, sound)
	}
	var page bytes.Buffer
	if err := Test(damaged).WriteMarkdown(&page); err != nil {
		t.Fatal(err)
	}
	for _, problem := range damaged.Problems {
		if !strings.Contains(page.String(), "- "+problem) {
			t.Errorf("the page does not say %q", problem)
		}
	}
}

// curvesUsed is the number of learning curves of R2U-Net (t=2) that are compared with U-Net's.
func curvesUsed(t *testing.T, e *Evidence) int {
	t.Helper()
	find := func(name string) *network {
		at := slices.IndexFunc(e.sets[0].networks, func(n *network) bool { return n.name == name })
		if at < 0 {
			t.Fatalf("no %s", name)
		}
		return e.sets[0].networks[at]
	}
	return curveDifferences(find("R2U-Net (t=2)"), find("U-Net")).units
}

package claims

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/statistics"
)

// claim writes the evidence for one claim.
func (s *Study) claim(p *page, f *finding) {
	p.line("## %s: %s", f.id, f.text)
	p.line("")
	if f.overall == nil {
		p.line("**%s**: %s.", f.verdict, f.why)
		p.line("")
		return
	}
	p.line("**%s**: %s. %s", f.verdict, f.why, f.sizes())
	p.line("")
	header := []string{
		"dataset", "by", "the paper", "difference [95 %]", "units", "trainings", "p", "Holm", "p against the margin",
		"p over trainings", "verdict",
	}
	var rows [][]string
	for _, set := range s.sets {
		if b := f.tests[set.name]; b != nil {
			rows = append(rows, f.rows(set.name, set.networks[0].runs[0].Result.Dataset, b)...)
		}
	}
	rows = append(rows, f.rows("**over "+strings.Join(f.on, ", ")+"**", "", f.overall)...)
	p.table(header, rows)
	if lines := f.dependent(s.sets); len(lines) > 0 {
		p.line("%s", strings.Join(lines, " "))
		p.line("")
	}
	if !f.curves {
		s.otherMeasures(p, f)
	}
}

// sizes names the networks and their parameters.
func (f *finding) sizes() string {
	text := fmt.Sprintf("%s has %s parameters, %s %s: %.2f times as many.", f.a.name, thousands(f.a.parameters()),
		f.b.name, thousands(f.b.parameters()), float64(f.a.parameters())/float64(f.b.parameters()))
	if f.equal != "" {
		text += fmt.Sprintf(" At equal parameters: %s (%s).", f.equal, f.equally)
	}
	return text
}

// thousands returns "1,046,129".
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func (f *finding) rows(scope, dataset string, b *both) (rows [][]string) {
	for _, t := range []*test{b.main, b.auc} {
		if t == nil {
			continue
		}
		v, _ := t.verdict()
		printed := math.NaN()
		if !f.curves {
			printed = printedDifference(dataset, strings.ToLower(t.quantity.name), f.claim.a, f.claim.b)
		}
		rows = append(rows, []string{
			scope, t.quantity.name, signed(printed), t.effect(), t.size(), fmt.Sprint(t.trainings()),
			probability(t.hold.P), probability(t.holmHold), probability(t.holmRefute), t.overTrainings(), string(v),
		})
	}
	return rows
}

// size returns the number of units, and of images where these are more: "4 patients (8 images)".
func (t *test) size() string {
	kinds := map[string]bool{}
	for _, s := range t.samples {
		kinds[s.unit] = true
	}
	kind := "unit"
	if len(kinds) == 1 {
		kind = t.samples[0].unit
	}
	text := plural(t.units(), kind)
	if t.images() > t.units() {
		text += fmt.Sprintf(" (%s)", plural(t.images(), "image"))
	}
	return text
}

// overTrainings returns p over trainings, or the smallest that is possible where that is 0.05 or more.
func (t *test) overTrainings() string {
	text := probability(t.seeds.P)
	if t.seeds.Smallest >= significant {
		text += fmt.Sprintf(" (at least %s)", probability(t.seeds.Smallest))
	}
	return text
}

// dependent gives p as if the images of a patient were independent, for readers who count images.
func (f *finding) dependent(sets []*set) (lines []string) {
	for _, set := range sets {
		b := f.tests[set.name]
		if b == nil || b.main.images() <= b.main.units() {
			continue
		}
		images := unitDifferences(set.with(f.match.a), set.with(f.match.b), measures.F1,
			func(image string, _ ...*evaluate.Result) (unit, kind string) { return image, "image" })
		perImage := statistics.SignFlip(images.unitMeans()).P
		lines = append(lines, fmt.Sprintf("Were the images of a patient independent, p of F1 on %s would be %s.",
			set.name, probability(perImage)))
	}
	return lines
}

// otherMeasures writes the paper's other measures, which no verdict rests on.
func (s *Study) otherMeasures(p *page, f *finding) {
	header := []string{"dataset"}
	for _, q := range others {
		header = append(header, q.name)
	}
	var rows [][]string
	for _, set := range s.sets {
		a, b := set.with(f.match.a), set.with(f.match.b)
		if f.tests[set.name] == nil || a == nil || b == nil {
			continue
		}
		row := []string{set.name}
		var family []*test
		for _, q := range others {
			if one := q.sample(a, b); one.units > 0 {
				family = append(family, compare(a, b, q, []sample{one}, 0, math.NaN()))
			}
		}
		correct(family)
		for _, q := range others {
			cell := "–"
			for _, t := range family {
				if t.quantity.name == q.name {
					cell = fmt.Sprintf("%s, %s", t.effect(), equation(t.holmHold))
				}
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	p.line("The paper's other measures, p corrected for the four of a dataset; no verdict rests on them:")
	p.line("")
	p.table(header, rows)
}

// curves writes how far networks were after shares of their budget.
func (s *Study) curves(p *page) {
	if len(s.sets) == 0 {
		return
	}
	shares := []float64{0.1, 0.25, 0.5, 0.75, 1}
	header := []string{"dataset", "network", "A"}
	for _, u := range shares {
		header = append(header, fmt.Sprintf("%.0f %%", 100*u))
	}
	var rows [][]string
	for _, set := range s.sets {
		for _, n := range set.networks {
			row := []string{set.name, n.name, n.meanOf(func(r *Run) float64 {
				return area(r.History, firstShare(r.History))
			})}
			for _, u := range shares {
				row = append(row, fmt.Sprintf("%s / %s",
					n.meanOf(func(r *Run) float64 { return after(r.History, u, validationAccuracy) }),
					n.meanOf(func(r *Run) float64 { return after(r.History, u, validationLoss) })))
			}
			rows = append(rows, row)
		}
	}
	p.line("## Learning curves")
	p.line("")
	p.line("Validation accuracy / loss after shares of the epochs, mean over trainings; – before the end of the " +
		"first epoch. A is the height of the curve of accuracy.")
	p.line("")
	p.table(header, rows)
}

// meanOf returns the mean over runs that define a value.
func (n *network) meanOf(of func(*Run) float64) string {
	sum, count := 0.0, 0
	for _, r := range n.runs {
		if v := of(r); !math.IsNaN(v) && !math.IsInf(v, 0) {
			sum += v
			count++
		}
	}
	if count == 0 {
		return "–"
	}
	return fmt.Sprintf("%.4f", sum/float64(count))
}

// epochs returns how many epochs the runs were trained, "14" or "12–14".
func (n *network) epochs() string {
	low, high := n.runs[0].Result.Epochs, n.runs[0].Result.Epochs
	for _, r := range n.runs {
		low, high = min(low, r.Result.Epochs), max(high, r.Result.Epochs)
	}
	if low == high {
		return fmt.Sprint(low)
	}
	return fmt.Sprintf("%d–%d", low, high)
}

// pairs writes the matrices of all pairs.
func (s *Study) pairs(p *page) {
	if !slices.ContainsFunc(s.sets, func(s *set) bool { return len(s.networks) > 1 }) {
		return
	}
	p.line("## All pairs of networks")
	p.line("")
	p.line("Row minus column. ▲ means that the row is above and ▼ below: p < 0.05 after Holm's correction for all "+
		"pairs of the dataset, the interval excludes 0, and there are at least %d trainings.", leastTrainings)
	p.line("")
	for _, set := range s.sets {
		if len(set.networks) < 2 {
			continue
		}
		for _, q := range []quantity{f1Score, aucScore} {
			matrix := pairwise(set, q)
			header := []string{set.name + ", " + q.name}
			for _, n := range set.networks[:len(set.networks)-1] {
				header = append(header, n.name)
			}
			var rows [][]string
			for i, n := range set.networks[1:] {
				row := []string{n.name}
				for k := range set.networks[:len(set.networks)-1] {
					cell := ""
					if t := matrix.tests[[2]int{i + 1, k}]; t != nil {
						cell = fmt.Sprintf("%s%s, %s", signed(t.Mean), t.mark(), equation(t.holmHold))
					}
					row = append(row, cell)
				}
				rows = append(rows, row)
			}
			p.table(header, rows)
		}
	}
}

// networks writes what was run.
func (s *Study) networks(p *page) {
	if len(s.sets) == 0 {
		return
	}
	var rows [][]string
	for _, set := range s.sets {
		for _, n := range set.networks {
			seeds, folds := map[uint64]bool{}, map[int]bool{}
			for _, r := range n.runs {
				seeds[r.Result.Seed], folds[r.Result.Fold] = true, true
			}
			first := &n.runs[0].Result
			rows = append(rows, []string{
				set.name, n.name, thousands(n.parameters()), fmt.Sprint(len(seeds)),
				fmt.Sprintf("%d of %d", len(folds), max(first.Folds, 1)), fmt.Sprint(len(n.runs)), n.epochs(),
				n.meanOf(func(r *Run) float64 { return r.Result.Measures.Inside.PerImage.Of(measures.F1) }),
				n.meanOf(func(r *Run) float64 { return r.Result.Measures.Inside.PerImage.Of(measures.AUC) }),
			})
		}
	}
	p.line("## What was run")
	p.line("")
	p.line("F1 and AUC are means over images, and over trainings.")
	p.line("")
	p.table([]string{"dataset", "network", "parameters", "seeds", "folds", "trainings", "epochs", "F1", "AUC"}, rows)
}

package audit

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// share is a row's implied prevalence.
type share struct {
	row
	interval
}

// shares returns the implied prevalences of the rows that have SE, SP and AC.
func shares(rows []row) []share {
	var all []share
	for _, r := range rows {
		if i, ok := r.intervals("se", "sp", "ac"); ok {
			if p := prevalence(i[0], i[1], i[2]); !p.empty() {
				all = append(all, share{r, p})
			}
		}
	}
	return all
}

func describe(all []share) []string {
	var lines []string
	for _, s := range all {
		lines = append(lines, fmt.Sprintf("%s: foreground is %s of the pixels", s.label, s.interval))
	}
	return lines
}

// prevalencesAgree tests whether all rows of a dataset can have been measured on the same pixels. A gap below
// a twentieth of the prevalence is Strained: means over images or another field of view would explain it.
func prevalencesAgree(s *sheet) []Finding {
	var findings []Finding
	for _, rows := range s.datasets(false) {
		all := shares(rows)
		gap := 0.0
		for i, a := range all {
			for _, b := range all[i+1:] {
				gap = max(gap, a.gap(b.interval)/max(a.mid(), b.mid()))
			}
		}
		if gap == 0 {
			continue
		}
		verdict := Impossible
		if gap < 0.05 {
			verdict = Strained
		}
		findings = append(findings, Finding{
			Table: s.name, Check: "prevalence", Verdict: verdict, Reading: Counts,
			Text: fmt.Sprintf("%sSE, SP and AC imply shares of foreground that exclude each other, by %.1f %%, "+
				"though the test images are the same", prefix(rows[0]), 100*gap),
			Rows: describe(all),
		})
	}
	return findings
}

func prefix(r row) string {
	if r.dataset == "" {
		return ""
	}
	return r.dataset + ": "
}

// publishedPrevalence finds which of a dataset's pixel counts agree with the rows.
func publishedPrevalence(s *sheet) []Finding {
	var findings []Finding
	for _, rows := range s.datasets(false) {
		all := shares(rows)
		if len(all) == 0 {
			continue
		}
		low, high := math.Inf(1), math.Inf(-1)
		for _, one := range all {
			low, high = min(low, one.mid()), max(high, one.mid())
		}
		var fits, others []string
		for _, p := range readings(rows[0].dataset) {
			if p.mean || p.set.drawn > 0 {
				continue
			}
			value := total(p.set.images[p.region]).share()
			near := func(one share) bool { return one.gap(interval{value, value}) < 0.02*value }
			text := fmt.Sprintf("%s of %s (%.4f)", p.region, p.set.name, value)
			if slices.ContainsFunc(all, func(one share) bool { return !near(one) }) {
				others = append(others, "not "+text)
			} else {
				fits = append(fits, "that "+text)
			}
		}
		if len(fits)+len(others) == 0 {
			continue
		}
		findings = append(findings, Finding{
			Table: s.name, Check: "published", Verdict: Implied, Reading: Counts,
			Text: fmt.Sprintf("%sSE, SP and AC imply a share of foreground of %.3f to %.3f, %s", prefix(rows[0]), low,
				high, strings.Join(append(fits, others...), ", ")),
			Rows: describe(all),
		})
	}
	return findings
}

// repeatedRows finds rows of different datasets or methods that share three or more numbers of three or more
// decimals; each is reported with the first that has them.
func repeatedRows(s *sheet) []Finding {
	var findings []Finding
	var same, differ []string
	for i, b := range s.rows {
		for _, a := range s.rows[:i] {
			same, differ = compare(a, b, same[:0], differ[:0])
			if len(same) < 3 || len(same) <= len(differ) {
				continue
			}
			var numbers, others []string
			for _, measure := range same {
				numbers = append(numbers, s.columns[measure]+" "+b.figures[measure].text)
			}
			for _, measure := range differ {
				others = append(others, s.columns[measure])
			}
			text := fmt.Sprintf("%s has the numbers of %s: %s", b.label, a.label, strings.Join(numbers, ", "))
			if len(others) > 0 {
				text += "; only " + strings.Join(others, ", ") + " differs"
			}
			findings = append(findings, Finding{Table: s.name, Check: "repeated", Verdict: Repeated, Text: text})
			break
		}
	}
	return findings
}

// compare appends to same the measures in which two rows have the same number, with three or more decimals,
// and to differ those in which they differ.
func compare(a, b row, same, differ []string) (sameNow, differNow []string) {
	for _, measure := range []string{"se", "sp", "ac", "f1", "js", "auc", "dc", "precision"} {
		x, y := a.figures[measure], b.figures[measure]
		switch {
		case !x.present() || !y.present():
		case x.text == y.text && x.unit < 0.005:
			same = append(same, measure)
		default:
			differ = append(differ, measure)
		}
	}
	return same, differ
}

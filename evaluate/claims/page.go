package claims

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate"
)

// page collects the lines of a Markdown page.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// table writes a Markdown table.
func (p *page) table(header []string, rows [][]string) {
	p.row(header)
	p.line("|%s", strings.Repeat("---|", len(header)))
	for _, r := range rows {
		p.row(r)
	}
	p.line("")
}

// row writes cells; names from a TOML file may hold anything.
func (p *page) row(cells []string) {
	safe := strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ")
	for _, c := range cells {
		p.WriteString("| " + safe.Replace(c) + " ")
	}
	p.WriteString("|\n")
}

// WriteMarkdown writes the page: verdicts first, then the rule, the evidence for each claim, learning curves, all pairs
// of networks, and what was run.
func (s *Study) WriteMarkdown(w io.Writer) error {
	p := &page{}
	p.line("# Which of the paper's claims hold")
	p.line("")
	p.line("Written by `sweep claims` from the runs in %s; every number below is computed from them.",
		strings.Join(quoted(s.Folders), ", "))
	p.line("")
	if len(s.sets) == 0 {
		p.line("**There is no finished run on test images of a real dataset, so nothing can be told.**")
		p.line("")
	}
	s.summary(p)
	s.missing(p)
	if err := s.rule(p); err != nil {
		return err
	}
	for _, f := range s.findings {
		if len(f.chain) == 0 {
			s.claim(p, f)
		}
	}
	s.curves(p)
	s.pairs(p)
	s.networks(p)
	_, err := io.WriteString(w, strings.TrimRight(p.String(), "\n")+"\n")
	return err
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = "`" + n + "`"
	}
	return out
}

// summary writes the verdicts over datasets, and on each of them.
func (s *Study) summary(p *page) {
	p.line("## Verdicts")
	p.line("")
	var rows [][]string
	for _, f := range s.findings {
		equal := string(f.equal)
		if equal == "" {
			equal = "–"
		}
		rows = append(rows, []string{f.id, f.text, fmt.Sprintf("**%s**", f.verdict), f.effect(), f.why, equal})
	}
	p.table([]string{"", "claim", "verdict", "difference", "because", "at equal parameters"}, rows)
	p.line("The difference is that of F1, or of the height of the learning curve, of the first network minus the " +
		"second: the mean over datasets, with its 95 %% interval.")
	p.line("")
	if len(s.sets) == 0 {
		return
	}
	header := []string{"", "claim"}
	for _, set := range s.sets {
		header = append(header, set.name)
	}
	rows = nil
	for _, f := range s.findings {
		if len(f.chain) > 0 {
			continue
		}
		row := []string{f.id, f.text}
		for _, set := range s.sets {
			cell := "not run"
			if b := f.tests[set.name]; b != nil {
				v, _ := b.verdict()
				cell = fmt.Sprintf("%s, %s", signed(b.main.Mean), v)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	p.table(header, rows)
}

// effect returns the difference over datasets with its interval.
func (f *finding) effect() string {
	if f.overall == nil {
		return "–"
	}
	return f.overall.main.effect()
}

// effect returns "+0.0049 [+0.0019, +0.0079]".
func (t *test) effect() string {
	if math.IsNaN(t.Low) {
		return signed(t.Mean)
	}
	return fmt.Sprintf("%s [%s, %s]", signed(t.Mean), signed(t.Low), signed(t.High))
}

// missing says what was not run.
func (s *Study) missing(p *page) {
	p.line("What is missing:")
	p.line("")
	var lines []string
	for _, name := range []string{"DRIVE", "STARE", "CHASE_DB1", "ISIC2017", "Lung"} {
		if !slices.ContainsFunc(s.sets, func(t *set) bool {
			return evaluate.PlainDataset(t.networks[0].runs[0].Result.Dataset) == evaluate.PlainDataset(name)
		}) {
			lines = append(lines, name+": no finished run on its test images")
		}
	}
	for _, set := range s.sets {
		lines = append(lines, set.missing()...)
	}
	for _, f := range s.findings {
		if len(f.on) > 0 && len(f.on) < len(f.tests) {
			lines = append(lines, fmt.Sprintf("claim %s over datasets: on %s alone, as the others have fewer than %s "+
				"of each network", f.id, strings.Join(f.on, ", "), plural(leastTrainings, "training")))
		}
	}
	lines = append(append(lines, s.unused...), s.Problems...)
	if len(lines) == 0 {
		lines = []string{"nothing: all five networks of the paper were run on its five datasets, on all test images"}
	}
	for _, l := range lines {
		p.line("- %s", l)
	}
	p.line("")
}

// missing says which networks, trainings and images a dataset lacks.
func (s *set) missing() (lines []string) {
	var absent []string
	for _, r := range roles {
		if !slices.ContainsFunc(s.networks, r.plays) {
			absent = append(absent, r.name)
		}
	}
	if len(absent) > 0 {
		lines = append(lines, fmt.Sprintf("%s: %s", s.name, strings.Join(absent, ", ")+" not run"))
	}
	fewest, most := len(s.networks[0].runs), 0
	tested, of := 0, 0
	var few []string
	for _, n := range s.networks {
		fewest, most = min(fewest, len(n.runs)), max(most, len(n.runs))
		if len(n.runs) < leastTrainings {
			few = append(few, n.name)
		}
		for _, r := range n.runs {
			if d := r.Result.Data; d != nil && d.Tested < d.Test {
				tested, of = d.Tested, d.Test
			}
		}
	}
	if len(few) > 0 {
		lines = append(lines, fmt.Sprintf("%s: fewer than %s of %s, so that other seeds may give another order",
			s.name, plural(leastTrainings, "training"), strings.Join(few, ", ")))
	}
	if fewest < most {
		lines = append(lines, fmt.Sprintf(
			"%s: %d to %d trainings of a network; only pairs of the same seed and fold are used", s.name, fewest, most))
	}
	if of > 0 {
		lines = append(lines, fmt.Sprintf("%s: tested on %d of %d images of the test set", s.name, tested, of))
	}
	return lines
}

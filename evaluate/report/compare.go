package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/measures"
)

// ComparePage makes the page that compares results folders, as one file. It needs no network either.
func (b *Builder) ComparePage(folders []string) ([]byte, error) {
	var sweeps []*archive.Sweep
	var names []string
	for _, folder := range folders {
		s, err := archive.Open(folder)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		sweeps, names = append(sweeps, s), append(names, s.Name)
	}
	return Page(strings.Join(names, ", "), b.Compare(sweeps...), "")
}

// Compare makes the sections of a page that compares two or more sweeps.
func (b *Builder) Compare(sweeps ...*archive.Sweep) []Section {
	results := make([][]evaluate.Result, len(sweeps))
	for i, s := range sweeps {
		results[i] = s.Results()
	}
	differences, unmatched := evaluate.DifferencesOf(results, compared()...)
	pictures, problems := b.picturesOf(sweeps)
	sections := []Section{
		{"folders", "Folders", render("folders", foldersOf(sweeps, problems))},
		{"settings", "Settings that differ", render("differing", differing(sweeps))},
		{"tables", "Side by side", render("beside", besideOf(results))},
		{"differences", "Differences", render("differences", map[string]any{
			"Tables": differenceTables(differences), "Unmatched": unmatched, "Many": len(sweeps) > 2,
		})},
		{"scatter", "Image by image", render("scatters", scatters(differences))},
		{"curves", "Curves", render("charts", sweepCharts(sweeps...))},
		{"images", "Images", render("pictures", pictures)},
	}
	for i, s := range sweeps {
		name := evaluate.SweepLetter(i)
		runs := render("notice", fmt.Sprintf("%d runs are too many to list; %s/tables/summary.csv has each.",
			len(s.Runs), s.Path))
		if len(s.Runs) <= mostRuns {
			runs = render("runs", foldRuns(runRows(s)))
		}
		sections = append(sections, Section{"runs-" + name, "Runs of " + name, runs})
	}
	return sections
}

// folderRow is one of the compared folders.
type folderRow struct {
	Letter, Name, Path, Runs, Device, Program, Written string
}

// foldersOf makes the section that says what is compared.
func foldersOf(sweeps []*archive.Sweep, problems []string) any {
	var rows []folderRow
	var warnings []string
	phantoms := map[string]bool{}
	for i, s := range sweeps {
		row := folderRow{Letter: evaluate.SweepLetter(i), Name: s.Name, Path: s.Path}
		count := map[evaluate.Status]int{}
		var devices, programs []string
		var latest time.Time
		for _, r := range s.Runs {
			count[r.Result.Status]++
			if r.Result.Phantom {
				phantoms[r.Result.Dataset] = true
			}
			if r.Written.After(latest) {
				latest = r.Written
			}
			devices = addOnce(devices, r.Result.Cost.Device)
			if len(r.Versions) > 0 {
				programs = addOnce(programs, r.Program())
			}
		}
		row.Runs = strings.TrimSuffix(statusSummary(count), ".")
		row.Device, row.Program = shortList(devices), shortList(programs)
		if !latest.IsZero() {
			row.Written = latest.UTC().Format("2006-01-02 15:04 UTC")
		}
		rows = append(rows, row)
		for _, p := range s.AllProblems() {
			warnings = append(warnings, row.Letter+": "+p)
		}
	}
	if len(phantoms) > 0 {
		warnings = append([]string{phantomWarning(phantoms)}, warnings...)
	}
	return map[string]any{"Rows": rows, "Warnings": append(warnings, problems...)}
}

// besideTable holds a dataset's measures side by side.
type besideTable struct {
	Dataset    string
	Letters    []string    // of the sweeps that have the dataset
	Rows, More []besideRow // of F1 and AUC, and of other measures
	Other      bool        // whether a cell is marked so
}

// Alone reports whether one sweep alone has the dataset.
func (t besideTable) Alone() bool { return len(t.Letters) == 1 }

type besideRow struct {
	Network, Measure string
	Phantom          bool
	Cells            []besideCell
}

type besideCell struct {
	value
	Runs, Interval         string
	Other, Best, BestOfAll bool
}

// besideOf makes a table for each dataset, those that several sweeps have first.
func besideOf(results [][]evaluate.Result) []besideTable {
	of := compared()
	for _, m := range measures.All() {
		if !m.RecordOnly && !slices.Contains(of, m) {
			of = append(of, m) // those on request, where a run has them
		}
	}
	var tables []besideTable
	rows := evaluate.SideBySide(results, of...)
	for start := 0; start < len(rows); {
		end := start + 1
		for end < len(rows) && rows[end].Dataset == rows[start].Dataset {
			end++
		}
		tables = append(tables, besideTableOf(rows[start:end], len(results)))
		start = end
	}
	slices.SortStableFunc(tables, func(a, b besideTable) int {
		switch {
		case a.Alone() == b.Alone():
			return 0
		case a.Alone():
			return 1
		}
		return -1
	})
	return tables
}

// besideTableOf makes the table of one dataset, without the sweeps that have none of it.
func besideTableOf(rows []evaluate.Beside, sweeps int) besideTable {
	table := besideTable{Dataset: rows[0].Dataset}
	var have []int
	for i := range sweeps {
		if slices.ContainsFunc(rows, func(b evaluate.Beside) bool { return b.Cells[i].Runs != "" }) {
			have, table.Letters = append(have, i), append(table.Letters, evaluate.SweepLetter(i))
		}
	}
	for _, b := range rows {
		row := besideRow{Network: b.Network, Measure: b.Measure.Heading(), Phantom: b.Phantom}
		if b.Measure.Masks != nil {
			row.Measure += ", mean over images"
		}
		for _, i := range have {
			c := b.Cells[i]
			cell := besideCell{value{c.Text, ""}, c.Runs, c.Interval, c.Other, c.Best, c.BestOfAll}
			if evaluate.Defined(c.Value) {
				cell.Value = number(c.Value, "%.10g").Value
			}
			table.Other = table.Other || c.Other
			row.Cells = append(row.Cells, cell)
		}
		if leads(b.Measure) {
			table.Rows = append(table.Rows, row)
		} else {
			table.More = append(table.More, row)
		}
	}
	return table
}

// differenceTable holds the differences on one dataset.
type differenceTable struct {
	Dataset    string
	Rows, More []differenceRow // of F1 and AUC, and of other measures
}

// differenceRow compares a measure of a network between two sweeps.
type differenceRow struct {
	Network, Measure, Between, Interval, Over, Verdict string
	Difference, P, First, Second                       value
	Images                                             int
}

func differenceTables(differences []evaluate.Difference) []differenceTable {
	var tables []differenceTable
	for _, d := range differences {
		row := differenceRow{
			Network: d.Network, Measure: d.Measure.Heading(), Images: d.Images, Over: d.Over,
			Between:  evaluate.SweepLetter(d.To) + " − " + evaluate.SweepLetter(d.From),
			Interval: evaluate.Dash, Verdict: d.Verdict(), P: noValue,
			Difference: number(d.Mean, "%+.4f"), First: number(d.A, "%.4f"), Second: number(d.B, "%.4f"),
		}
		if evaluate.Defined(d.Low) {
			row.Interval = fmt.Sprintf("%+.4f to %+.4f", d.Low, d.High)
			row.P = number(d.Holm, "%.3g")
		}
		if n := len(tables); n == 0 || tables[n-1].Dataset != d.Dataset {
			tables = append(tables, differenceTable{Dataset: d.Dataset})
		}
		table := &tables[len(tables)-1]
		if leads(d.Measure) {
			table.Rows = append(table.Rows, row)
		} else {
			table.More = append(table.More, row)
		}
	}
	return tables
}

// leads reports whether a measure is one that a comparison shows at once; others are folded up.
func leads(m *measures.Measure) bool { return m == measures.F1 || m == measures.AUC }

// compared lists the measures by which sweeps are compared: the paper's, and all others that have a column in
// tables and a value over the pixels of all images.
func compared() []*measures.Measure {
	all := []*measures.Measure{
		measures.F1, measures.AUC, measures.Sensitivity, measures.Specificity, measures.Accuracy, measures.Jaccard,
	}
	for _, m := range measures.All() {
		if !m.RecordOnly && !m.OnRequest && m.Masks == nil && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

package evaluate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"r2unet/evaluate/paper"
)

// The main reading of our rows, and the others.
const mainReading = "micro, inside FOV"

// A reading chooses what a row's measures are taken from.
type reading struct {
	name      string
	allPixels bool
	of        func(*Measures) *Scores
}

var readings = []reading{
	{mainReading, false, func(m *Measures) *Scores { return &m.Inside.Micro }},
	{"mean over images, inside FOV", false, func(m *Measures) *Scores { return &m.Inside.PerImage }},
	{"micro, all pixels", true, func(m *Measures) *Scores { return &m.All.Micro }},
	{"mean over images, all pixels", true, func(m *Measures) *Scores { return &m.All.PerImage }},
}

// A qualityColumn is a column of Tables I to III.
type qualityColumn struct {
	Column
	printed  string // the paper's column, "" for none
	ours     func(*Measures, reading) float64
	onlyOwn  bool // printed in this sense by the paper's own networks
	onlyElse bool // printed in this sense by the methods that the paper cites
}

// scoreColumn shows a measure; printed is the paper's column of the same name.
func scoreColumn(key, printed string) qualityColumn {
	m, ok := MeasureByKey(key)
	if !ok {
		panic("no measure " + key)
	}
	return qualityColumn{
		Column:  Column{Key: m.Key, Name: m.Name, Numeric: true},
		printed: printed,
		ours:    func(measures *Measures, r reading) float64 { return *m.Of(r.of(measures)) },
	}
}

// imageColumn shows a measure as its mean over images in every reading.
func imageColumn(key, printed string) qualityColumn {
	c := scoreColumn(key, printed)
	mean := c.ours
	c.ours = func(measures *Measures, r reading) float64 {
		if r.allPixels {
			return mean(measures, readings[3])
		}
		return mean(measures, readings[1])
	}
	return c
}

// renamed is the column under the name of what the paper prints there.
func (c qualityColumn) renamed(key, name string) qualityColumn {
	c.Key, c.Name = key, name
	return c
}

// qualityColumns are the paper's columns and ours of a table. Tables II and III
// print pixel accuracy as JSC and balanced accuracy as AUC (see the audit), so
// what was printed there stands in columns of its own.
func qualityColumns(table int) []qualityColumn {
	if table == 1 {
		return []qualityColumn{
			scoreColumn("f1", "f1"), scoreColumn("se", "se"), scoreColumn("sp", "sp"),
			scoreColumn("ac", "ac"), scoreColumn("auc", "auc"), scoreColumn("js", ""), scoreColumn("mcc", ""),
		}
	}
	auc := scoreColumn("auc", "auc")
	auc.onlyElse = true
	jscAsPrinted := scoreColumn("ac", "jsc").renamed("jsc_as_printed", "JSC as printed: pixel accuracy")
	aucAsPrinted := scoreColumn("balanced_accuracy", "auc").renamed("auc_as_printed", "AUC as printed: balanced accuracy")
	jscAsPrinted.onlyOwn, aucAsPrinted.onlyOwn = true, true
	columns := []qualityColumn{
		scoreColumn("se", "se"), scoreColumn("sp", "sp"), scoreColumn("js", ""), scoreColumn("f1", "f1"),
		scoreColumn("ac", "ac"), auc, jscAsPrinted, aucAsPrinted,
	}
	if table == 2 {
		columns = append(columns, imageColumn("f1", "dc").renamed("dc", "DC (ours: mean over images)"))
	}
	return columns
}

// shapeColumns are those of the measures that know where pixels are, as far as a result has them: only who asks for them has them
// measured, and the paper prints none.
func shapeColumns(results []*Result) []qualityColumn {
	var columns []qualityColumn
	for _, key := range []string{"hausdorff95_px", "cldice"} {
		c := imageColumn(key, "")
		if slices.ContainsFunc(results, func(r *Result) bool {
			return r.Status == Finished && Defined(c.ours(&r.Measures, readings[0]))
		}) {
			columns = append(columns, c.renamed(key, c.Name+", mean over images"))
		}
	}
	return columns
}

var qualityTitles = map[int]string{
	1: "Table I. Vessel segmentation on DRIVE, STARE and CHASE_DB1",
	2: "Table II. Skin lesion segmentation (ISIC 2017)",
	3: "Table III. Lung segmentation",
}

// qualityTable makes Table I, II or III: in each dataset the methods that the
// paper cites, then each of its networks as printed with ours below.
func qualityTable(n int, printed *paper.Table, results []*Result) *PaperTable {
	mine := belongingTo(n, results)
	columns := append(qualityColumns(n), shapeColumns(mine)...)
	t := &PaperTable{Number: n, Title: qualityTitles[n]}
	t.Columns = []Column{{Key: "dataset", Name: "Dataset"}, {Key: "method", Name: "Method"}, {Key: "source", Name: "Source"}}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	t.Columns = append(t.Columns, Column{Key: "f1_interval", Name: "F1, 95 % interval"}, Column{Key: "f1_difference", Name: "F1 against the plainest network"})
	t.Columns = append(t.Columns, Column{Key: "setting", Name: "Setting"}, Column{Key: "runs", Name: "Runs"}, Column{Key: "note", Name: "Note"})

	found := groups(mine)
	f1, _ := MeasureByKey("f1")
	comparisons := compareGroups(found, f1)
	for place, dataset := range printedDatasets {
		if dataset.table != n {
			continue
		}
		t.Rows = append(t.Rows, datasetRows(place, printed, found, columns, comparisons)...)
	}
	t.Incomplete = incomplete(mine)
	t.Notes = qualityNotes(n, found)
	t.addPhantomNote()
	return t
}

// datasetRows are the printed rows and ours of a dataset.
func datasetRows(place int, printed *paper.Table, found []group, columns []qualityColumn, comparisons []Comparison) []TableRow {
	type placed struct {
		family, steps int
		rows          []TableRow
	}
	var all []placed
	for _, row := range printed.Rows {
		name := printedDatasets[place].name
		if in := row.Text("dataset"); in == "" || in == name {
			family, steps := printedPlace(row)
			all = append(all, placed{family, steps, []TableRow{printedRow(row, name, columns)}})
		}
	}
	for _, g := range found {
		if at, _ := datasetOf(g[0].Dataset); at == place {
			all = append(all, placed{1 + familyOf(g[0].Label()), g[0].T, oursRows(g, columns, comparisons)})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.family, b.family), cmp.Compare(a.steps, b.steps))
	})
	var rows []TableRow
	for _, p := range all {
		rows = append(rows, p.rows...)
	}
	return rows
}

// belongingTo returns the results on the datasets of a table.
func belongingTo(n int, results []*Result) []*Result {
	var mine []*Result
	for _, r := range results {
		if place, ok := datasetOf(r.Dataset); ok && printedDatasets[place].table == n {
			mine = append(mine, r)
		}
	}
	return mine
}

// printedPlace puts the cited methods first, then the networks in the paper's
// order, with their number of steps where they are recurrent and it is printed:
// Table II prints "U-Net (t=2)" too.
func printedPlace(row paper.Row) (family, steps int) {
	if !row.Own() {
		return 0, 0
	}
	method := row.Text("method")
	family = familyOf(method)
	if family < len(families) && strings.HasPrefix(families[family].block, "recurrent") {
		if _, t, ok := strings.Cut(method, "(t="); ok {
			if n, err := strconv.Atoi(strings.TrimSuffix(t, ")")); err == nil {
				steps = n
			}
		}
	}
	return 1 + family, steps
}

func printedRow(row paper.Row, dataset string, columns []qualityColumn) TableRow {
	source := "paper"
	if !row.Own() {
		source += " " + row.Text("citation")
	}
	cells := map[string]Cell{
		"dataset": text(dataset), "method": text(row.Text("method")), "source": text(source),
		"f1_interval": text(""), "f1_difference": text(""), "setting": text(""), "runs": text(""), "note": text(""),
	}
	for _, c := range columns {
		if c.printed == "" || c.onlyOwn && !row.Own() || c.onlyElse && row.Own() {
			cells[c.Key] = text(Dash)
		} else {
			cells[c.Key] = asPrinted(row, c.printed)
		}
	}
	return TableRow{Source: source, Cells: cells}
}

// oursRows makes a group's main row and its other readings.
func oursRows(g group, columns []qualityColumn, comparisons []Comparison) []TableRow {
	first := g[0]
	var rows []TableRow
	for _, r := range readings {
		if r.allPixels && !g.hasFOV() {
			continue
		}
		row := TableRow{Source: "ours", Reading: r.name, Phantom: first.Phantom}
		row.Cells = map[string]Cell{
			"dataset": text(first.DatasetLabel()), "method": text(first.Label()), "source": text("ours"),
			"setting": text(first.Setting()), "runs": text(g.runs()), "note": text(g.note(r)),
		}
		row.Cells["f1_interval"], row.Cells["f1_difference"] = g.certaintyCells(r, comparisons)
		for _, c := range columns {
			row.Cells[c.Key] = number(g.summarize(func(result *Result) float64 { return c.ours(&result.Measures, r) }), 4)
		}
		rows = append(rows, row)
	}
	return rows
}

// certaintyCells say how sure a group's F1 is, and whether it is better than the
// plainest network's.
func (g group) certaintyCells(r reading, comparisons []Comparison) (interval, difference Cell) {
	interval, difference = text(""), text("")
	if r.name != mainReading {
		return interval, difference
	}
	if ci := g.interval(Counts.F1); Defined(ci.Low) {
		interval = text(fmt.Sprintf("%.4f to %.4f", ci.Low, ci.High))
	}
	for _, c := range comparisons {
		if c.of == g[0] {
			difference = text(c.String() + ": " + c.Verdict())
		}
	}
	return interval, difference
}

// hasFOV says whether pixels lie outside of the field of view.
func (g group) hasFOV() bool {
	for _, r := range g {
		if r.Measures.Inside.Micro.Counts != r.Measures.All.Micro.Counts {
			return true
		}
	}
	return false
}

// note is what a reader of the group's row must know.
func (g group) note(r reading) string {
	var parts []string
	if g[0].Phantom {
		parts = append(parts, "phantom")
	}
	if g[0].Note != "" {
		parts = append(parts, g[0].Note)
	}
	if r.name != mainReading {
		parts = append(parts, r.name)
	}
	return strings.Join(parts, "; ")
}

func qualityNotes(n int, found []group) []string {
	notes := []string{
		fmt.Sprintf("ours: %s (every pixel of the test images in one count), %s, beside what the paper prints; %s is undefined or was not printed.", mainReading, thresholds(found), Dash),
		"± is the standard deviation over seeds, or over folds where there is one seed. The interval of F1 is a bootstrap over the test images.",
		"F1 against the plainest network of ours on the dataset (U-Net where it ran): mean difference over images with its bootstrap interval, p of the Wilcoxon signed-rank test over images after Holm's correction, two-sided; a difference counts where p < 0.05.",
	}
	if n > 1 {
		notes = append(notes, "The paper's JSC and AUC columns hold pixel accuracy and balanced accuracy for its own networks (see the audit), so they stand beside our pixel accuracy and balanced accuracy; JS and AUC are ours in the usual sense.")
	}
	return notes
}

// thresholds says where probabilities were cut.
func thresholds(found []group) string {
	var seen []string
	for _, g := range found {
		for _, r := range g {
			threshold := r.Threshold
			if threshold == 0 {
				threshold = 0.5
			}
			if s := fmt.Sprint(threshold); len(seen) == 0 || seen[len(seen)-1] != s {
				seen = append(seen, s)
			}
		}
	}
	if len(seen) == 0 {
		return "threshold 0.5"
	}
	return "threshold " + strings.Join(seen, ", ")
}

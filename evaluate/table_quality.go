package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"r2unet/evaluate/measures"
	"r2unet/evaluate/paper"
)

// A reading selects the scope of a row's measures.
type reading struct {
	name      string
	main      bool // shown beside the printed rows
	allPixels bool
	of        func(*Measures) *measures.Scores
}

var readings = []reading{
	{"micro", true, false, func(m *Measures) *measures.Scores { return &m.Inside.Micro }},
	{"mean over images", false, false, func(m *Measures) *measures.Scores { return &m.Inside.PerImage }},
	{"micro", false, true, func(m *Measures) *measures.Scores { return &m.All.Micro }},
	{"mean over images", false, true, func(m *Measures) *measures.Scores { return &m.All.PerImage }},
}

// text describes a group's reading: "micro, inside FOV", or "micro, whole image" if there is no field of
// view.
func (r reading) text(g group) string {
	switch {
	case r.allPixels:
		return r.name + ", all pixels"
	case g.hasFOV():
		return r.name + ", inside FOV"
	}
	return r.name + ", whole image"
}

// scope returns the measures that the reading is based on.
func (r reading) scope(m *Measures) *Scope {
	if r.allPixels {
		return &m.All
	}
	return &m.Inside
}

// A qualityColumn is a column of Tables I to III.
type qualityColumn struct {
	Column
	printed  string // the paper's column, "" for none
	ours     func(*Measures, reading) float64
	measure  *measures.Measure
	perImage bool // averaged over images in every reading
	onlyOwn  bool // printed with this meaning only for the paper's own networks
	onlyElse bool // printed with this meaning only for cited methods
}

// scoreColumn returns a measure's column; printed is the paper's column with the same meaning.
func scoreColumn(m *measures.Measure, printed string) qualityColumn {
	return qualityColumn{
		Column:  Column{Key: m.Key(), Name: m.Heading(), Numeric: true},
		printed: printed, measure: m,
		ours: func(all *Measures, r reading) float64 {
			if all.says(m) {
				return r.of(all).Of(m)
			}
			return math.NaN()
		},
	}
}

// imageColumn returns a column with a measure's mean over images in every reading.
func imageColumn(m *measures.Measure, printed string) qualityColumn {
	c := scoreColumn(m, printed)
	c.perImage = true
	mean := c.ours
	c.ours = func(all *Measures, r reading) float64 {
		if r.allPixels {
			return mean(all, readings[3])
		}
		return mean(all, readings[1])
	}
	return c
}

// renamed returns the column under the name of what the paper prints there.
func (c qualityColumn) renamed(key, name string) qualityColumn {
	c.Key, c.Name = key, name
	return c
}

// qualityColumns returns the paper's columns and ours of a table. Tables II and III print pixel accuracy as
// JSC and balanced accuracy as AUC (see the audit), so these printed values get columns of their own.
func qualityColumns(table int) []qualityColumn {
	if table == 1 || table > paper.Tables {
		return []qualityColumn{
			scoreColumn(measures.F1, "f1"), scoreColumn(measures.Sensitivity, "se"),
			scoreColumn(measures.Specificity, "sp"),
			scoreColumn(measures.Accuracy, "ac"), scoreColumn(measures.AUC, "auc"), scoreColumn(measures.Jaccard, ""),
			scoreColumn(measures.MCC, ""),
		}
	}
	auc := scoreColumn(measures.AUC, "auc")
	auc.onlyElse = true
	jscAsPrinted := scoreColumn(measures.Accuracy, "jsc").renamed("jsc_as_printed", "JSC as printed: pixel accuracy")
	aucAsPrinted := scoreColumn(measures.BalancedAccuracy, "auc").renamed("auc_as_printed",
		"AUC as printed: balanced accuracy")
	jscAsPrinted.onlyOwn, aucAsPrinted.onlyOwn = true, true
	columns := []qualityColumn{
		scoreColumn(measures.Sensitivity, "se"), scoreColumn(measures.Specificity, "sp"),
		scoreColumn(measures.Jaccard, ""), scoreColumn(measures.F1, "f1"),
		scoreColumn(measures.Accuracy, "ac"), auc, jscAsPrinted, aucAsPrinted,
	}
	if table == 2 {
		columns = append(columns, imageColumn(measures.F1, "dc").renamed("dc", "DC (ours: mean over images)"))
	}
	return columns
}

// withOthers adds columns for measures that a table's layout lacks but a result has.
func withOthers(columns []qualityColumn, results []*Result) []qualityColumn {
	for _, m := range measures.All() {
		if m.RecordOnly || slices.ContainsFunc(columns, func(c qualityColumn) bool { return c.measure == m }) {
			continue
		}
		c := scoreColumn(m, "")
		if m.Masks != nil {
			c = imageColumn(m, "")
			c.Name += ", mean over images"
		}
		c.spare = true
		if slices.ContainsFunc(results, func(r *Result) bool {
			return r.Status == Finished && Defined(c.ours(&r.Measures, readings[0]))
		}) {
			columns = append(columns, c)
		}
	}
	return columns
}

var qualityTitles = map[int]string{
	1: "Table I. Vessel segmentation on DRIVE, STARE and CHASE_DB1",
	2: "Table II. Skin lesion segmentation (ISIC 2017)",
	3: "Table III. Lung segmentation",

	Others:     "Other datasets, which the paper does not have",
	Validation: "Validation images, on which settings are chosen: not to be compared with the paper",
}

// qualityTable makes Table I, II or III, or that of other datasets or of validation images: in each dataset
// the methods that the paper cites, then each of its networks as printed with ours below.
func qualityTable(n int, printed *paper.Table, results []*Result) *PaperTable {
	mine := belongingTo(n, results)
	columns := withOthers(qualityColumns(n), mine)
	t := &PaperTable{Number: n, Title: qualityTitles[n]}
	t.Columns = []Column{
		{Key: "dataset", Name: "Dataset"}, {Key: "method", Name: "Method"}, {Key: "source", Name: "Source"},
	}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
	}
	tested := "Tested images"
	if n == Validation {
		tested = "Validation images"
	}
	t.Columns = append(t.Columns, Column{Key: "tested", Name: tested},
		Column{Key: "f1_interval", Name: "F1, 95 % interval"},
		Column{Key: "f1_difference", Name: "F1 against the plainest network"},
		Column{Key: "data", Name: "Data"}, Column{Key: "setting", Name: "Setting"}, Column{Key: "runs", Name: "Runs"},
		Column{Key: "note", Name: "Note"})
	t.Columns = append(append(t.Columns, fileColumns...), certaintyColumns...)

	found := groups(mine)
	comparisons := compareGroups(found, measures.F1)
	datasets := byDataset(found)
	for place, dataset := range printedDatasets {
		if dataset.table == n {
			t.Rows = append(t.Rows, datasetRows(place, printed, datasets, columns, comparisons)...)
		}
	}
	if n > paper.Tables {
		t.Rows = append(t.Rows, datasetRows(len(printedDatasets), printed, datasets, columns, comparisons)...)
	}
	t.Incomplete = incomplete(mine)
	t.Notes = append(qualityNotes(n, found), dataNotes(datasets)...)
	t.Lead = lead(datasets)
	return t
}

// datasetRows returns the printed rows and ours of the dataset at a place of the paper's list.
func datasetRows(place int, printed *paper.Table, datasets []rows, columns []qualityColumn,
	comparisons []Comparison,
) []TableRow {
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
	ours := func(d rows) (list []placed) {
		for _, g := range d {
			list = append(list, placed{1 + g[0].family(), g[0].steps(), oursRows(g, d, columns, comparisons)})
		}
		return list
	}
	var list []TableRow
	take := func(all []placed) {
		slices.SortStableFunc(all, func(a, b placed) int {
			return cmp.Or(cmp.Compare(a.family, b.family), cmp.Compare(a.steps, b.steps))
		})
		for _, p := range all {
			list = append(list, p.rows...)
		}
	}
	for _, d := range datasets {
		if at, known := d[0][0].paperPlace(); at != place {
			continue
		} else if known {
			all = append(all, ours(d)...)
		} else {
			take(ours(d))
		}
	}
	take(all)
	return list
}

// belongingTo returns the results that belong in a table.
func belongingTo(n int, results []*Result) []*Result {
	return slices.DeleteFunc(slices.Clone(results), func(r *Result) bool { return r.table() != n })
}

// printedPlace sorts the cited methods first, then the networks in the paper's order by their number of
// steps, if they are recurrent and it is printed: Table II prints "U-Net (t=2)" too.
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
		"tested": text(""), "data": text(""),
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

// oursRows makes a group's main row and its other readings; d holds the groups of its dataset.
func oursRows(g group, d rows, columns []qualityColumn, comparisons []Comparison) []TableRow {
	first := g[0]
	var list []TableRow
	for _, r := range readings {
		if r.allPixels && !g.hasFOV() {
			continue
		}
		row := TableRow{Source: "ours", Reading: r.text(g), Phantom: first.Phantom, other: !r.main}
		row.Cells = g.cells()
		note := []string{g.note(), d.mark(g)}
		if !r.main {
			note = append(note, strings.Replace(r.text(g), "over images", "over "+g.imagesRead(r), 1))
		}
		row.Cells["note"] = text(sentences(append(note, g.leftOut(r, columns)...)...))
		row.Cells["f1_interval"], row.Cells["f1_difference"] = text(""), text("")
		if r.main {
			g.addCertainty(row.Cells, comparisons)
		}
		for _, c := range columns {
			row.Cells[c.Key] = number(g.summarize(func(result *Result) float64 { return c.ours(&result.Measures, r) }),
				c.measure.ShownDecimals())
		}
		list = append(list, row)
	}
	return list
}

// hasFOV reports whether pixels lie outside the field of view.
func (g group) hasFOV() bool {
	for _, r := range g {
		if r.Measures.Inside.Micro.Counts != r.Measures.All.Micro.Counts {
			return true
		}
	}
	return false
}

func qualityNotes(n int, found []group) []string {
	images, beside := "test images", "beside what the paper prints; "+Dash+" is undefined or was not printed"
	if n > paper.Tables {
		beside = Dash + " is undefined"
	}
	if n == Validation {
		images = "validation images"
	}
	notes := []string{
		fmt.Sprintf("ours: %s (every pixel of the %s in one count), %s, %s.", mainReading(n, found), images,
			thresholds(found), beside),
		"± is the standard deviation over seeds, or over folds where there is one seed. The interval of F1 is a " +
			"bootstrap over the " + images + ", those of one patient together.",
		"F1 against the plainest network of ours on the same files (U-Net where it ran): mean difference over " +
			"images with its bootstrap interval, p of the Wilcoxon signed-rank test over images after Holm's " +
			"correction, two-sided; a difference counts where p < 0.05. Images of one patient count as their mean. " +
			"This is about these trainings: whether it holds for other seeds too, sweep claims tests.",
	}
	if n == 2 || n == 3 {
		notes = append(notes, "The paper's JSC and AUC columns hold pixel accuracy and balanced accuracy for its "+
			"own networks (see the audit), so they stand beside our pixel accuracy and balanced accuracy; JS and "+
			"AUC are ours in the usual sense.")
	}
	return notes
}

// mainReading describes the reading of our main rows, or the table's usual one if there are no rows.
func mainReading(n int, found []group) string {
	var texts []string
	for _, g := range found {
		if t := readings[0].text(g); !slices.Contains(texts, t) {
			texts = append(texts, t)
		}
	}
	if len(texts) == 0 && n == 1 {
		return readings[0].name + ", inside FOV"
	}
	return cmp.Or(strings.Join(texts, " or "), readings[0].name+", whole image")
}

// thresholds describes the thresholds that were used.
func thresholds(found []group) string {
	var seen []string
	for _, g := range found {
		for _, r := range g {
			if s := fmt.Sprint(r.Cut()); r.class == "" && !slices.Contains(seen, s) {
				seen = append(seen, s)
			}
		}
	}
	text := "threshold " + strings.Join(seen, ", ")
	if len(seen) > severalNotes {
		text = "thresholds " + span(seen)
	}
	if len(seen) == 0 {
		text = fmt.Sprintf("threshold %g", DefaultThreshold)
	}
	if slices.ContainsFunc(found, func(g group) bool { return g[0].class != "" }) {
		classes := "of several classes the most probable one, each against the rest, and the mean of the foreground " +
			"classes"
		if len(seen) == 0 {
			return classes
		}
		return text + ", " + classes
	}
	return text
}

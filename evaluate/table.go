package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate/paper"
)

// A PaperTable is one of the paper's tables with our rows beside the printed ones. It does not depend on the
// order of results.
type PaperTable struct {
	Number     int          `json:"number"`
	Title      string       `json:"title"`
	Lead       []string     `json:"lead,omitempty"` // what the numbers do not show, above the table
	Columns    []Column     `json:"columns"`
	Rows       []TableRow   `json:"rows"`
	Notes      []string     `json:"notes"`
	Incomplete []Incomplete `json:"incomplete"` // runs without a row
}

// A Column of a table.
type Column struct {
	Key     string `json:"key"`  // in CSV and JSON
	Name    string `json:"name"` // in headings
	Numeric bool   `json:"numeric"`
	// FileOnly columns are for programs: they are in CSV and JSON, but not on pages and terminals.
	FileOnly bool `json:"file_only,omitempty"`

	single bool // a number without a standard deviation
	spare  bool // omitted from narrow terminals, before the two columns that are omitted last
}

// fileColumns follow the other columns in every table; together they identify a row of ours.
var fileColumns = []Column{
	{Key: "name", Name: "Name in the matrix", FileOnly: true},
	{Key: "run", Name: "Runs by ID", FileOnly: true},
	{Key: "data_hash", Name: "Hash of the data", FileOnly: true},
	{Key: "kernels", Name: "Kernels", FileOnly: true},
}

// A TableRow is a printed row or one of ours.
type TableRow struct {
	Source string `json:"source"` // "paper", "paper [53]" or "ours"
	// Reading describes which pixels were counted and how: "" for printed rows, "micro, inside FOV" or
	// "micro, whole image" for our main rows, anything else for other readings of the same runs.
	Reading string          `json:"reading,omitempty"`
	Phantom bool            `json:"phantom,omitempty"`
	Cells   map[string]Cell `json:"cells"` // by column

	other bool // not a main row but another reading of its runs
}

// A Cell is the content of a row in a column.
type Cell struct {
	Text  string
	Value float64 // NaN if the cell is not a number
	SD    float64 // standard deviation over runs; NaN if there is none
}

// An Incomplete is a run that did not finish.
type Incomplete struct {
	RunID   string `json:"run_id"`
	Dataset string `json:"dataset"`
	Method  string `json:"method"`
	Name    string `json:"name"` // of the network in the matrix
	Status  Status `json:"status"`
	Error   string `json:"error,omitempty"`
}

// Dash stands for values that are undefined or were not printed.
const Dash = "—"

// Numbers of tables that are not in the paper: of other datasets, and of runs measured on validation images.
const (
	Others     = paper.Tables + 1
	Validation = paper.Tables + 2
)

// Tables makes all tables of a sweep's results: the paper's five, of which Table IV always includes the
// [Counted] networks, one for other datasets and one for validation images if there are such results. Files,
// pages and terminals all show this list.
func Tables(results []Result) ([]*PaperTable, error) {
	var tables []*PaperTable
	for n := 1; n <= Validation; n++ {
		if n > paper.Tables && !slices.ContainsFunc(results, func(r Result) bool { return r.table() == n }) {
			continue
		}
		rows := results
		if n == 4 {
			rows = slices.Concat(results, Counted())
		}
		table, err := Table(n, rows)
		if err != nil {
			return nil, fmt.Errorf("make table %d: %w", n, err)
		}
		tables = append(tables, table)
	}
	return tables, nil
}

// Table makes the paper's table n, 1 to 5, or that of [Others] or [Validation], from the results that belong
// to it, and lists those that failed or have not finished.
func Table(n int, results []Result) (*PaperTable, error) {
	if n == Others || n == Validation {
		return qualityTable(n, &paper.Table{}, inOrder(EachClass(results))), nil
	}
	printed, err := paper.Printed(n)
	if err != nil {
		return nil, err
	}
	networks := slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return r.Observer })
	switch n {
	case 4:
		return parameterTable(printed, inOrder(networks)), nil
	case 5:
		return timeTable(printed, inOrder(networks)), nil
	}
	return qualityTable(n, printed, inOrder(EachClass(results))), nil
}

// incomplete lists the runs that have no measures.
func incomplete(results []*Result) []Incomplete {
	var list []Incomplete
	for _, r := range results {
		if r.Status != Finished {
			list = append(list, Incomplete{r.RunID, r.DatasetLabel(), r.Label(), r.Architecture, r.Status, r.Error})
		}
	}
	return list
}

// text returns a cell without a number.
func text(s string) Cell { return Cell{s, math.NaN(), math.NaN()} }

// cells returns the cells that every row of the group has: network, data and runs.
func (g group) cells() map[string]Cell {
	first := g[0]
	return map[string]Cell{
		"dataset": text(first.DatasetLabel()), "method": text(first.Label()), "source": text("ours"),
		"tested": text(g.tested()), "data": text(g.data()), "setting": text(first.Setting()), "runs": text(g.runs()),
		"name": text(first.Architecture), "run": text(g.ids()), "data_hash": text(first.DataHash),
		"kernels": text(strings.Join(g.distinct(func(r *Result) string { return r.Kernels }), ", ")),
	}
}

// sentences joins the non-empty parts of a note.
func sentences(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// number returns a cell with a number in the given decimals, followed by ± and its standard deviation if
// there is one.
func number(s summary, decimals int) Cell {
	if math.IsNaN(s.mean) {
		return text(Dash)
	}
	shown := fmt.Sprintf("%.*f", decimals, s.mean)
	if !math.IsNaN(s.sd) {
		shown += fmt.Sprintf(" ± %.*f", decimals, s.sd)
	}
	return Cell{shown, s.mean, s.sd}
}

// asPrinted returns a cell with a number as the paper prints it.
func asPrinted(row paper.Row, column string) Cell {
	return Cell{cmp.Or(row.Text(column), Dash), row.Value(column), math.NaN()}
}

// hasPhantom reports whether a row is about phantom images.
func (t *PaperTable) hasPhantom() bool {
	return slices.ContainsFunc(t.Rows, func(r TableRow) bool { return r.Phantom })
}

// addPhantomNote explains the word phantom if it occurs in the table.
func (t *PaperTable) addPhantomNote() {
	if t.hasPhantom() {
		t.Notes = append(t.Notes,
			"phantom: the dataset was not at hand; these images are drawn, and their numbers say nothing about the "+
				"real ones.")
	}
}

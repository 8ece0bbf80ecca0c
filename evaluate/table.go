package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"r2unet/evaluate/paper"
)

// A PaperTable is one of the paper's tables with our rows beside the printed
// ones. It is a function of the results, whatever their order.
type PaperTable struct {
	Number     int          `json:"number"`
	Title      string       `json:"title"`
	Columns    []Column     `json:"columns"`
	Rows       []TableRow   `json:"rows"`
	Notes      []string     `json:"notes"`
	Incomplete []Incomplete `json:"incomplete"` // runs that have no row, or not yet
}

// A Column of a table.
type Column struct {
	Key     string `json:"key"`  // in CSV and JSON
	Name    string `json:"name"` // in headings
	Numeric bool   `json:"numeric"`
}

// A TableRow is a printed row or one of ours.
type TableRow struct {
	Source string `json:"source"` // "paper", "paper [53]" or "ours"
	// Reading says which pixels were counted and how: "" for printed rows,
	// "micro, inside FOV" for our main rows, anything else for other readings of
	// the same runs.
	Reading string          `json:"reading,omitempty"`
	Phantom bool            `json:"phantom,omitempty"`
	Cells   map[string]Cell `json:"cells"` // by column
}

// A Cell is what a row has in a column.
type Cell struct {
	Text  string
	Value float64 // NaN where the cell is no number
	SD    float64 // standard deviation over runs, NaN where there is none
}

// An Incomplete is a run that did not finish.
type Incomplete struct {
	RunID   string `json:"run_id"`
	Dataset string `json:"dataset"`
	Method  string `json:"method"`
	Status  Status `json:"status"`
	Error   string `json:"error,omitempty"`
}

// Dash stands for what is undefined or was not printed.
const Dash = "—"

// Table makes the paper's table n, 1 to 5, from results of all kinds: it takes
// those that belong to it, and lists those that failed or have not finished.
func Table(n int, results []Result) (*PaperTable, error) {
	printed, err := paper.Printed(n)
	if err != nil {
		return nil, err
	}
	sorted := inOrder(results)
	switch n {
	case 4:
		return parameterTable(printed, sorted), nil
	case 5:
		return timeTable(printed, sorted), nil
	}
	return qualityTable(n, printed, sorted), nil
}

// incomplete lists the runs that have no measures.
func incomplete(results []*Result) []Incomplete {
	var list []Incomplete
	for _, r := range results {
		if r.Status != Finished {
			list = append(list, Incomplete{r.RunID, r.DatasetLabel(), r.Label(), r.Status, r.Error})
		}
	}
	return list
}

// text is a cell without a number.
func text(s string) Cell { return Cell{s, math.NaN(), math.NaN()} }

// number is a cell with a number in the given decimals, its standard deviation
// after ± where there is one.
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

// asPrinted is a cell with a number as the paper prints it.
func asPrinted(row paper.Row, column string) Cell {
	return Cell{cmp.Or(row.Text(column), Dash), row.Value(column), math.NaN()}
}

// hasPhantom says whether a row is about drawn images.
func (t *PaperTable) hasPhantom() bool {
	return slices.ContainsFunc(t.Rows, func(r TableRow) bool { return r.Phantom })
}

// addPhantomNote explains the word where it occurs.
func (t *PaperTable) addPhantomNote() {
	if t.hasPhantom() {
		t.Notes = append(t.Notes, "phantom: the dataset was not at hand; these images are drawn, and their numbers say nothing about the real ones.")
	}
}

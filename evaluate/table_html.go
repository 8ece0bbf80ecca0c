package evaluate

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"

	"r2unet/evaluate/measures"
)

//go:embed table.html
var tableHTML string

var tableTemplate = template.Must(template.New("table").Parse(tableHTML))

// HTML returns the table as a fragment: sections of tables with class "paper", whose numeric cells carry
// their value in data-value for sorting. Printed rows have class "printed", rows of phantom images "phantom".
func (t *PaperTable) HTML() string {
	var page bytes.Buffer
	err := tableTemplate.Execute(&page, map[string]any{
		"Table": t, "Columns": t.pageColumns(), "Main": t.htmlRows(t.mainRows()), "Others": t.htmlRows(t.otherRows()),
	})
	if err != nil {
		panic(fmt.Sprintf("table template: %v", err)) // a bug: the template is part of the program
	}
	return page.String()
}

// pageColumns returns the columns that pages show, the interval of F1 beside it.
func (t *PaperTable) pageColumns() []Column {
	columns := t.shownColumns()
	of := func(key string) int { return slices.IndexFunc(columns, func(c Column) bool { return c.Key == key }) }
	from, to := of("f1_interval"), of(measures.F1.Key())+1
	if from > to && to > 0 {
		interval := columns[from]
		columns = slices.Insert(slices.Delete(columns, from, from+1), to, interval)
	}
	return columns
}

// htmlRow is a row with its cells in the order of the columns.
type htmlRow struct {
	Class string
	Cells []htmlCell
}

type htmlCell struct {
	Text    string
	Numeric bool
	Value   string // empty if the cell is not a number
}

func (t *PaperTable) htmlRows(rows []TableRow) []htmlRow {
	var list []htmlRow
	for _, row := range rows {
		r := htmlRow{Class: "ours"}
		if row.Source != "ours" {
			r.Class = "printed"
		}
		if row.Phantom {
			r.Class += " phantom"
		}
		for _, c := range t.pageColumns() {
			cell := row.Cells[c.Key]
			r.Cells = append(r.Cells, htmlCell{cell.Text, c.Numeric, decimal(cell.Value)})
		}
		list = append(list, r)
	}
	return list
}

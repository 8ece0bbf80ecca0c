package evaluate

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strings"

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

// pageColumns returns the columns that pages show: F1 with its interval and AUC before the other numbers, because a
// narrow page shows the first ones alone.
func (t *PaperTable) pageColumns() []Column {
	columns := t.shownColumns()
	first := slices.IndexFunc(columns, func(c Column) bool { return c.Numeric })
	for _, key := range []string{measures.AUC.Key(), "f1_interval", measures.F1.Key()} {
		at := slices.IndexFunc(columns, func(c Column) bool { return c.Key == key })
		if at >= first && first >= 0 {
			column := columns[at]
			columns = slices.Insert(slices.Delete(columns, at, at+1), first, column)
		}
	}
	return columns
}

// Lines of a narrow page break before the deviation and the end of an interval, not behind these words.
var unbroken = strings.NewReplacer("± ", "±\u00a0", " to ", " to\u00a0")

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
			text := cell.Text
			if c.Numeric || c.Key == "f1_interval" {
				text = unbroken.Replace(text)
			}
			r.Cells = append(r.Cells, htmlCell{text, c.Numeric, decimal(cell.Value)})
		}
		list = append(list, r)
	}
	return list
}

// Package paper holds the numbers that Alom et al. 2018 print in Tables I–V, as printed, including those of
// the methods that they compare with.
package paper

import (
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

//go:embed table-*.csv
var files embed.FS

// Tables is the number of printed tables, counted from 1.
const Tables = 5

// A Table is a printed table: its cells hold the printed characters, or are empty for a dash.
type Table struct {
	Name    string // "table-1" … or the name of a file
	Columns []string
	Rows    []Row
}

// A Row is one printed row.
type Row struct {
	Line    int // in the CSV file, from 1
	columns []string
	cells   []string
}

// Printed returns table n, 1 to 5.
func Printed(n int) (*Table, error) {
	if n < 1 || n > Tables {
		return nil, fmt.Errorf("the paper has tables 1 to %d, not %d", Tables, n)
	}
	name := fmt.Sprintf("table-%d", n)
	file, err := files.Open(name + ".csv")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return Read(file, name)
}

// Limits of a table; the paper's have at most 27 rows and 10 columns. The audit compares all pairs of rows,
// so its time grows quadratically.
const (
	maxRows    = 500
	maxColumns = 50
)

// Read reads a table from CSV: the first line names the columns. Errors name
// the table and the line; one of them is a table of more than 500 rows or 50 columns.
func Read(r io.Reader, name string) (*Table, error) {
	reader := csv.NewReader(r)
	reader.TrimLeadingSpace = true
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: empty file; want a first line that names the columns", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(header) > maxColumns {
		return nil, fmt.Errorf("%s: line 1: %d columns, more than the %d of any printed table", name, len(header),
			maxColumns)
	}
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff") // byte order mark of spreadsheets
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
		if slices.Contains(header[:i], header[i]) {
			return nil, fmt.Errorf("%s: line 1: two columns are named %q", name, header[i])
		}
	}
	table := &Table{Name: name, Columns: header}
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return table, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := reader.FieldPos(0)
		if len(table.Rows) == maxRows {
			return nil, fmt.Errorf("%s: line %d: more than %d rows; no printed table has as many", name, line, maxRows)
		}
		table.Rows = append(table.Rows, Row{Line: line, columns: header, cells: cells})
	}
}

// Text returns the printed characters of a column, "" if there are none.
func (r Row) Text(column string) string {
	if i := slices.Index(r.columns, column); i >= 0 {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

// Value returns a column's number, NaN if there is none.
func (r Row) Value(column string) float64 {
	v, err := strconv.ParseFloat(r.Text(column), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// Own reports whether the row is one of the paper's own networks, not an earlier method that it cites.
func (r Row) Own() bool { return r.Text("citation") == "" }

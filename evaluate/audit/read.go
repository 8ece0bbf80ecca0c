package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"r2unet/evaluate/paper"
)

// A row is one line of a table, parsed for the audit.
type row struct {
	line    int
	dataset string
	label   string // dataset and method, for findings
	cited   bool   // from an earlier publication, so possibly tested on other images
	figures map[string]figure
}

func (r row) get(measures ...string) (figures []figure, ok bool) {
	for _, m := range measures {
		f := r.figures[m]
		if !f.present() {
			return nil, false
		}
		figures = append(figures, f)
	}
	return figures, true
}

// intervals returns the rounding intervals of measures; ok is false if one is missing.
func (r row) intervals(measures ...string) (all []interval, ok bool) {
	figures, ok := r.get(measures...)
	for _, f := range figures {
		all = append(all, f.interval())
	}
	return all, ok
}

// A sheet is a table with its columns assigned to measures.
type sheet struct {
	name    string
	columns map[string]string // measure → column
	rows    []row
	other   []string // columns that are not measures
	source  *paper.Table
}

// read finds the measures in a table. Of a table without any, only the other columns are read.
func read(table *paper.Table) (*sheet, error) {
	s := &sheet{name: table.Name, columns: map[string]string{}, source: table}
	for _, column := range table.Columns {
		measure := measureOf(column)
		if measure == "" {
			s.other = append(s.other, column)
			continue
		}
		if first, twice := s.columns[measure]; twice {
			return nil, fmt.Errorf("%s: columns %q and %q are the same measure; remove one", table.Name, first, column)
		}
		s.columns[measure] = column
	}
	percent := map[string]bool{}
	for measure, column := range s.columns {
		percent[measure] = slices.ContainsFunc(table.Rows, func(r paper.Row) bool {
			v, err := strconv.ParseFloat(strings.TrimSpace(strings.SplitN(r.Text(column), "±", 2)[0]), 64)
			return err == nil && v > 1
		})
	}
	for _, printed := range table.Rows {
		r := row{
			line: printed.Line, dataset: first(printed, "dataset", "data"), cited: !printed.Own(),
			figures: map[string]figure{},
		}
		r.label = strings.TrimPrefix(r.dataset+", "+first(printed, "method", "model", "network", "architecture",
			"name"), ", ")
		if r.label = strings.TrimSuffix(r.label, ", "); r.label == "" {
			r.label = fmt.Sprintf("line %d", r.line)
		}
		if r.cited {
			r.label += " " + printed.Text("citation")
		}
		for measure, column := range s.columns {
			f, err := parseFigure(printed.Text(column), percent[measure])
			if err != nil {
				return nil, fmt.Errorf("%s: line %d, column %s: %w", table.Name, printed.Line, column, err)
			}
			r.figures[measure] = f
		}
		s.rows = append(s.rows, r)
	}
	return s, nil
}

func first(r paper.Row, columns ...string) string {
	for _, c := range columns {
		if text := r.Text(c); text != "" {
			return text
		}
	}
	return ""
}

// datasets returns the rows of each dataset in the order of the table. A cited method may have been tested on
// other images, so it is omitted unless requested.
func (s *sheet) datasets(cited bool) [][]row {
	var order []string
	of := map[string][]row{}
	for _, r := range s.rows {
		if r.cited && !cited {
			continue
		}
		if of[r.dataset] == nil {
			order = append(order, r.dataset)
		}
		of[r.dataset] = append(of[r.dataset], r)
	}
	var all [][]row
	for _, dataset := range order {
		all = append(all, of[dataset])
	}
	return all
}

// Package audit checks printed tables of SE, SP, AC, F1, JS, AUC and DC for what
// their own arithmetic allows. Every printed number stands for the interval that
// its digits round from, and a finding is a computation on these intervals:
// nothing about a particular table is written down here but the published pixel
// counts of the datasets.
//
// The identities hold for counts over all pixels. For means over images some
// hold too (DC = F1; JS lies between F1/(2−F1) and F1), others only nearly; each
// finding names the reading that it tests.
package audit

import (
	"fmt"
	"io"
	"os"
	"strings"

	"r2unet/evaluate/paper"
)

// A Verdict says what kind of finding it is.
type Verdict string

// The verdicts, the gravest first.
const (
	Impossible Verdict = "impossible" // no pixel counts give these numbers
	Mislabeled Verdict = "mislabeled" // a column holds another measure than its name says
	Repeated   Verdict = "repeated"   // numbers stand in two places
	Strained   Verdict = "strained"   // numbers contradict each other by little more than rounding
	Implied    Verdict = "implied"    // what the numbers tell beyond their names
)

// A Reading says how a table may have been computed.
type Reading string

// The readings that a finding tests.
const (
	Counts     Reading = "counts over all pixels"
	AnyReading Reading = "counts over all pixels and means over images"
)

// A Finding is one thing that a table's own numbers say about it.
type Finding struct {
	Table   string   `json:"table"`
	Check   string   `json:"check"` // which computation
	Verdict Verdict  `json:"verdict"`
	Reading Reading  `json:"reading,omitempty"` // empty where it does not matter
	Text    string   `json:"text"`
	Rows    []string `json:"rows,omitempty"` // each with its numbers
}

// Table checks one table. It fails where a cell is no number.
func Table(table *paper.Table) ([]Finding, error) {
	s, err := read(table)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, check := range []func(*sheet) []Finding{
		identities, f1FollowsFromCounts, jaccardFollowsFromF1, diceIsF1, f1FollowsFromPrecision,
		accuracyBetween, aucPossible, prevalencesAgree, publishedPrevalence, repeatedRows, permutedColumns,
	} {
		findings = append(findings, check(s)...)
	}
	return findings, nil
}

// Paper checks the five tables that the paper prints.
func Paper() ([]Finding, error) {
	var findings []Finding
	for n := 1; n <= paper.Tables; n++ {
		table, err := paper.Printed(n)
		if err != nil {
			return nil, err
		}
		found, err := Table(table)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

// Report writes the findings on CSV files, or on the paper's own tables where
// no file is named. The first line of a file names the columns: the measures
// (se, sp, ac, f1, js, auc, dc, precision, or their long names), dataset and method,
// and citation for rows that were taken from other publications.
func Report(out io.Writer, files ...string) error {
	if len(files) == 0 {
		findings, err := Paper()
		if err != nil {
			return err
		}
		return write(out, findings)
	}
	for _, path := range files {
		table, err := file(path)
		if err != nil {
			return fmt.Errorf("audit %w", err)
		}
		findings, err := Table(table)
		if err != nil {
			return fmt.Errorf("audit %w", err)
		}
		if err := write(out, findings); err != nil {
			return err
		}
		if _, err := io.WriteString(out, scope(table, len(findings) > 0)); err != nil {
			return err
		}
	}
	return nil
}

// scope says what of a table was checked: a column that was not understood contradicts nothing because nobody looked.
func scope(table *paper.Table, found bool) string {
	var read, left []string
	for _, column := range table.Columns {
		switch {
		case measureOf(column) != "":
			read = append(read, column)
		case hasNumbers(table, column):
			left = append(left, column)
		}
	}
	text := ""
	switch {
	case !found && len(left) == 0:
		text = fmt.Sprintf("%s: nothing contradicts itself\n", table.Name)
	case !found:
		text = fmt.Sprintf("%s: nothing contradicts itself in the columns %s\n", table.Name, strings.Join(read, ", "))
	}
	if len(left) > 0 {
		text += fmt.Sprintf("%s: left out, as no measure that is known: %s; known are se, sp, ac, f1, js, auc, dc and precision, or their long names\n", table.Name, strings.Join(left, ", "))
	}
	return text
}

// maxFileSize in bytes is far above any printed table.
const maxFileSize = 16 << 20

// file reads a table from a CSV file.
func file(path string) (*paper.Table, error) {
	info, err := os.Stat(path) // before it is opened: a pipe would wait for somebody to write into it
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is no regular file", path)
	case info.Size() > maxFileSize:
		return nil, fmt.Errorf("%s: has %d bytes; at most %d are read", path, info.Size(), maxFileSize)
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	table, err := paper.Read(in, path)
	if err != nil {
		return nil, err
	}
	if len(table.Rows) == 0 {
		return nil, fmt.Errorf("%s: no rows below the line of column names", path)
	}
	known := 0
	for _, column := range table.Columns {
		if measureOf(column) != "" {
			known++
		}
	}
	if known < 2 {
		return nil, fmt.Errorf("%s: columns are %s; want at least two of se, sp, ac, f1, js, auc, dc, precision", path, strings.Join(table.Columns, ", "))
	}
	return table, nil
}

// write writes findings as text, one table after the other.
func write(out io.Writer, findings []Finding) error {
	var page strings.Builder
	last := ""
	for _, f := range findings {
		if f.Table != last {
			if last != "" {
				page.WriteString("\n")
			}
			fmt.Fprintf(&page, "%s\n", f.Table)
			last = f.Table
		}
		fmt.Fprintf(&page, "  %-10s  %s", f.Verdict, f.Text)
		if f.Reading != "" {
			fmt.Fprintf(&page, " [read as %s]", f.Reading)
		}
		page.WriteString("\n")
		for _, row := range f.Rows {
			fmt.Fprintf(&page, "              %s\n", row)
		}
	}
	_, err := io.WriteString(out, page.String())
	return err
}

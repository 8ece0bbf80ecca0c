// Package audit checks whether printed tables of SE, SP, AC, F1, JS, AUC and DC are consistent with the
// definitions of these measures. Every printed number stands for the interval of values that round to it, and
// every finding is a computation on these intervals. The only facts about particular tables are the published
// pixel counts of the datasets.
//
// The identities hold for counts over all pixels. For means over images some hold too (DC = F1; JS lies
// between F1/(2−F1) and F1), others only approximately; each finding names the reading that it tests.
package audit

import (
	"fmt"
	"io"
	"os"
	"strings"

	"r2unet/evaluate/paper"
)

// A Verdict is the kind of a finding.
type Verdict string

// The verdicts, the most serious first.
const (
	Impossible Verdict = "impossible" // no pixel counts give these numbers
	Mislabeled Verdict = "mislabeled" // a column holds a different measure than its name says
	Repeated   Verdict = "repeated"   // the same numbers appear in two places
	Strained   Verdict = "strained"   // numbers contradict each other by little more than rounding
	Implied    Verdict = "implied"    // other facts that the numbers imply
)

// A Reading is a way in which a table may have been computed.
type Reading string

// The readings that a finding tests.
const (
	Counts     Reading = "counts over all pixels"
	AnyReading Reading = "counts over all pixels and means over images"
)

// A Finding is one fact about a table that follows from its own numbers.
type Finding struct {
	Table   string   `json:"table"`
	Check   string   `json:"check"` // which computation
	Verdict Verdict  `json:"verdict"`
	Reading Reading  `json:"reading,omitempty"` // empty if it does not matter
	Text    string   `json:"text"`
	Rows    []string `json:"rows,omitempty"` // each with its numbers
}

// Table checks one table. It fails if a cell of a measure is not a number.
func Table(table *paper.Table) ([]Finding, error) {
	s, err := read(table)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, check := range []func(*sheet) []Finding{
		identities, f1FollowsFromCounts, jaccardFollowsFromF1, diceIsF1, f1FollowsFromPrecision,
		accuracyBetween, aucPossible, prevalencesAgree, publishedPrevalence, fitCounts, repeatedRows, permutedColumns,
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

// Report writes the findings on CSV files, or on the paper's own tables if no file is given. The first line
// of a file names the columns: the measures (se, sp, ac, f1, js, auc, dc, precision, or their long names),
// dataset and method, and citation for rows taken from other publications.
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
			return fmt.Errorf("audit: %w", err)
		}
		findings, err := Table(table)
		if err != nil {
			return fmt.Errorf("audit: %w", err)
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

// scope describes which columns were checked, so that a table with unknown columns is not reported as
// consistent.
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
		text += fmt.Sprintf("%s: columns not checked because they are no known measure: %s; known are se, sp, ac, "+
			"f1, js, auc, dc "+
			"and precision, or their long names\n", table.Name, strings.Join(left, ", "))
	}
	return text
}

// maxFileSize in bytes is far larger than any printed table.
const maxFileSize = 16 << 20

// file reads a table from a CSV file.
func file(path string) (*paper.Table, error) {
	info, err := os.Stat(path) // before opening: opening a pipe would block until somebody writes to it
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is not a regular file", path)
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
		return nil, fmt.Errorf("%s: columns are %s; want at least two of se, sp, ac, f1, js, auc, dc, precision", path,
			strings.Join(table.Columns, ", "))
	}
	return table, nil
}

// write writes the findings as text, table by table.
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

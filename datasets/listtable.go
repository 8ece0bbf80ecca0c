package datasets

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"r2unet/datasets/files"
	"r2unet/internal/nearest"
)

// maxList is the size in bytes of the largest list that is read, some hundred thousand images.
const maxList = 64 << 20

// listColumns are those that a list of a split may have.
var listColumns = []string{"image", "label", "fov", "part", "patient"}

// otherColumns are words that others use for columns of a list.
var otherColumns = map[string]string{
	"file": "image", "filename": "image", "path": "image", "picture": "image", "img": "image", "mask": "label",
	"masks": "label", "annotation": "label", "segmentation": "label", "groundtruth": "label", "gt": "label",
	"roi": "fov", "fov_mask": "fov", "field_of_view": "fov", "split": "part", "set": "part", "subset": "part",
	"fold": "part", "phase": "part", "subject": "patient", "subject_id": "patient", "pid": "patient",
	"case": "patient", "case_id": "patient", "person": "patient", "group": "patient",
}

// columnsOf returns the place of each column by its name. A column that is not known is an error, since it may have
// been meant to keep patients apart or to name labels; an empty one, as spreadsheets write at the end, is none.
func columnsOf(lines []csvLine) (map[string]int, error) {
	columns := map[string]int{}
	known := strings.Join(listColumns, ", ")
	var unknown []string
	head := lines[0]
	for i, cell := range head.cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		if _, picture := files.Stem(name); picture {
			return nil, fmt.Errorf("is no head, as it holds %q: begin with a line that names the columns, image and "+
				"part and, where wanted, label, fov and patient", cell)
		}
		if _, twice := columns[name]; twice {
			return nil, fmt.Errorf("the column %s occurs twice: take one of them out", name)
		}
		switch {
		case slices.Contains(listColumns, name):
			columns[name] = i
		case name != "":
			text := fmt.Sprintf("%q", strings.TrimSpace(cell))
			if near := cmp.Or(otherColumns[name], nearest.Of(name, listColumns)); near != "" {
				text += " (did you mean " + near + "?)"
			}
			unknown = append(unknown, text)
		case slices.ContainsFunc(lines, func(l csvLine) bool { return strings.TrimSpace(l.cells[i]) != "" }):
			unknown = append(unknown, fmt.Sprintf("number %d, which has no name", i+1))
		}
	}
	if len(unknown) > 0 {
		what := "unknown column"
		if len(unknown) > 1 {
			what += "s"
		}
		return nil, fmt.Errorf("%s %s: rename or take out what is not one of %s", what, strings.Join(unknown, ", "),
			known)
	}
	for _, needed := range []string{"image", "part"} {
		if _, ok := columns[needed]; !ok {
			return nil, fmt.Errorf("there is no column %s, but %s; the columns are %s, in any order",
				needed, strings.Join(head.cells, ", "), known)
		}
	}
	return columns, nil
}

// csvLine is a line of a list with its number, from 1.
type csvLine struct {
	number int
	cells  []string
}

// csvLines reads a table whose cells are separated by commas, semicolons or tabs; it has its head at least, and as many
// cells in each line as there. Lines may end as on Windows or on old Macs, and a line such as sep=; may be the first.
func csvLines(path string) ([]csvLine, error) {
	data, err := files.Bytes(path)
	if err != nil {
		return nil, err
	}
	if len(data) > maxList {
		return nil, fmt.Errorf("has %d bytes, more than any list of images", len(data))
	}
	table, err := csvTable(data)
	if err != nil {
		return nil, err
	}
	var lines []csvLine
	for {
		cells, err := table.Read()
		if errors.Is(err, io.EOF) && len(lines) > 0 {
			return lines, nil
		}
		if err != nil {
			return nil, fmt.Errorf("is no table: %w", err)
		}
		line, _ := table.FieldPos(0)
		lines = append(lines, csvLine{line, cells})
		if n, want := len(cells), len(lines[0].cells); n != want {
			return nil, fmt.Errorf("line %d: has %s, but line %d has %s: write a cell for each column, empty ones "+
				"too, with %q between them, and put a cell that holds this mark into quotes", line,
				counted1(n, "cell", "cells"), lines[0].number, counted1(want, "column", "columns"), table.Comma)
		}
	}
}

// csvTable reads what csvLines says line by line.
func csvTable(data []byte) (*csv.Reader, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, errors.New("is written in UTF-16: save it as CSV in UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !bytes.ContainsRune(data, '\n') {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("is empty")
	}
	comma := ','
	head, _, _ := bytes.Cut(data, []byte("\n"))
	if mark := separatorOf(head); mark != 0 {
		comma, data = rune(mark), data[len(head):] // an empty line is left, which counts
	} else {
		for _, separator := range ";\t" {
			if bytes.ContainsRune(head, separator) && !bytes.ContainsRune(head, ',') {
				comma = separator
			}
		}
	}
	table := csv.NewReader(bytes.NewReader(data))
	table.Comma, table.FieldsPerRecord = comma, -1
	table.TrimLeadingSpace = !unicode.IsSpace(comma) // of several tabs, all but the first would be taken for spaces
	return table, nil
}

// separatorOf is the mark that a first line such as sep=; says to stand between cells, which may be a tab; 0 where the
// line says none.
func separatorOf(line []byte) byte {
	mark, ok := bytes.CutPrefix(bytes.TrimLeft(line, " \t"), []byte("sep="))
	if mark = bytes.TrimSuffix(mark, []byte("\r")); len(mark) > 1 {
		mark = bytes.TrimSpace(mark)
	}
	if !ok || len(mark) != 1 {
		return 0
	}
	return mark[0]
}

// maxHead is how many bytes of a table are read for its head.
const maxHead = 64 << 10

// headOfList reports whether the first line of a CSV file names the columns that a list of a split has.
func headOfList(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxHead))
	if err != nil {
		return false
	}
	table, err := csvTable(data)
	if err != nil {
		return false
	}
	cells, err := table.Read()
	if err != nil {
		return false
	}
	_, err = columnsOf([]csvLine{{1, cells}})
	return err == nil
}

package datasets

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// listColumns are those that a list of a split may have.
var listColumns = []string{"image", "label", "fov", "part", "patient"}

// listParts are what a list may call the parts of a split.
var listParts = map[string]string{
	"train": "train", "training": "train", "validation": "validation", "val": "validation", "test": "test",
}

// maxList is the size in bytes of the largest list that is read, some hundred thousand images.
const maxList = 64 << 20

// readList reads the images of a CSV file. What is wrong with a line is a problem of the copy that names it.
func (p *pairing) readList(file string) (rows []row) {
	lines, err := csvLines(filepath.Join(p.copy.Dir, filepath.FromSlash(file)))
	if err != nil {
		p.problem(file, "%v", err)
		return nil
	}
	columns := map[string]int{}
	for i, name := range lines[0].cells {
		name = strings.ToLower(strings.TrimSpace(name))
		if slices.Contains(listColumns, name) {
			if _, twice := columns[name]; twice {
				p.problem(file, "line 1: the column %s occurs twice", name)
			}
			columns[name] = i
		}
	}
	for _, needed := range []string{"image", "part"} {
		if _, ok := columns[needed]; !ok {
			p.problem(file, "line 1: there is no column %s; the columns are %s, in any order",
				needed, strings.Join(listColumns, ", "))
			return nil
		}
	}
	seen, sides := map[string]int{}, map[string]row{}
	for _, line := range lines[1:] {
		cell := func(name string) string {
			i, ok := columns[name]
			if !ok {
				return ""
			}
			return strings.TrimSpace(line.cells[i])
		}
		bad := func(format string, args ...any) {
			p.problem(file, "line %d: "+format, append([]any{line.number}, args...)...)
		}
		r := row{line: line.number, patient: cell("patient"), part: listParts[strings.ToLower(cell("part"))]}
		if r.part == "" {
			bad("part %q: must be train, validation or test", cell("part"))
			continue
		}
		whole := true
		for _, k := range []struct {
			column string
			to     *string
		}{{"image", &r.image}, {"label", &r.label}, {"fov", &r.fov}} {
			name := cell(k.column)
			if name == "" && k.column != "image" {
				continue
			}
			found, ok := p.listing.exact(name)
			if !ok { // a list that Windows has written
				found, ok = p.listing.exact(strings.ReplaceAll(name, `\`, "/"))
			}
			if !ok {
				bad("there is no %s %q below the dataset's folder", k.column, name)
				whole = false
				continue
			}
			*k.to = found
		}
		if !whole {
			continue
		}
		if first := seen[r.image]; first > 0 {
			bad("%s was listed in line %d already", r.image, first)
			continue
		}
		seen[r.image] = line.number
		if patient := p.patientOf(r); patient != "" {
			if other, known := sides[patient]; known && other.part != r.part {
				bad("%s is of patient %s, who is in the part %s with %s of line %d: a patient belongs into one part",
					r.image, patient, other.part, other.image, other.line)
				continue
			} else if !known {
				sides[patient] = r
			}
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 && len(p.copy.Problems) == 0 {
		p.problem(file, "lists no image")
	}
	return rows
}

// csvLine is a line of a list with its number, from 1.
type csvLine struct {
	number int
	cells  []string
}

// csvLines reads a table whose cells are separated by commas, semicolons or tabs; it has its head at least.
func csvLines(path string) ([]csvLine, error) {
	data, err := files.Bytes(path)
	if err != nil {
		return nil, err
	}
	if len(data) > maxList {
		return nil, fmt.Errorf("has %d bytes, more than any list of images", len(data))
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, errors.New("is written in UTF-16: save it as CSV in UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	head, _, _ := bytes.Cut(data, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(data))
	for _, separator := range ";\t" {
		if bytes.ContainsRune(head, separator) && !bytes.ContainsRune(head, ',') {
			r.Comma = separator
		}
	}
	r.TrimLeadingSpace = true
	var lines []csvLine
	for {
		cells, err := r.Read()
		if len(cells) == 0 {
			if err != nil && len(lines) > 0 && errors.Is(err, io.EOF) {
				return lines, nil
			}
			return nil, fmt.Errorf("is no table: %w", err)
		}
		if err != nil {
			return nil, fmt.Errorf("is no table: %w", err)
		}
		line, _ := r.FieldPos(0)
		lines = append(lines, csvLine{line, cells})
	}
}

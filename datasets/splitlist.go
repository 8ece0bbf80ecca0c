package datasets

import (
	"fmt"
	"path/filepath"
	"strings"
)

// listParts are what a list may call the parts of a split.
var listParts = map[string]string{
	"train": "train", "training": "train", "validation": "validation", "val": "validation", "test": "test",
}

// readList reads the images of a CSV file. What is wrong with a line is a problem of the copy that names it. Where a
// list has the column patient, each image needs one, from its cell or from its path: an image of nobody could lie in
// another part than the rest of its patient.
func (p *pairing) readList(file string) (rows []row) {
	lines, err := csvLines(filepath.Join(p.copy.Dir, filepath.FromSlash(file)))
	if err != nil {
		p.problem(file, "%v", err)
		return nil
	}
	columns, err := columnsOf(lines)
	if err != nil {
		p.problem(file, "line %d: %v", lines[0].number, err)
		return nil
	}
	seen, sides := map[string]int{}, map[string]row{}
	_, patients := columns["patient"]
	var nobody []int // lines whose cell of the patient is empty
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
		if patients && r.patient == "" && p.patient == nil {
			nobody = append(nobody, line.number)
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
		if r.patient = p.patientOf(r); r.patient == "" && p.patient != nil {
			continue // which is a problem already
		}
		if r.patient != "" {
			if other, known := sides[r.patient]; known && other.part != r.part {
				bad("%s is of patient %s, who is in the part %s with %s of line %d: all images of a patient must be "+
					"in one part", r.image, r.patient, other.part, other.image, other.line)
				continue
			} else if !known {
				sides[r.patient] = r
			}
		}
		rows = append(rows, r)
	}
	if len(nobody) > 0 {
		others := ""
		if n := len(nobody) - 1; n > 0 {
			others = fmt.Sprintf(", as in %s", counted1(n, "other line", "other lines"))
		}
		p.problem(file, "line %d: the cell of the column patient is empty%s: write the patient, a name of its own "+
			"where a patient has one image only, or take the column out if each image is of another patient",
			nobody[0], others)
	}
	if len(rows) == 0 && len(p.copy.Problems) == 0 {
		p.problem(file, "lists no image")
	}
	return rows
}

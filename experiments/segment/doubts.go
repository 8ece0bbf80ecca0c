package segment

import (
	"fmt"
	"strings"
)

// Warnings about computed results, in addition to datasets.Sample.Doubt. They are stored in the results, so that they
// are repeated when results are reused.
const (
	maskEmpty = "has a mask that is black everywhere: nothing was found"
	maskFull  = "has a mask that is white everywhere: everything was found"
)

// doubtsOfMask returns a warning if the mask has a single value inside the field of view.
func doubtsOfMask(mask, fov []uint8) []string {
	var seen [2]bool
	for i, v := range mask {
		if fov == nil || fov[i] != 0 {
			seen[min(v, 1)] = true
		}
	}
	switch {
	case !seen[1]:
		return []string{maskEmpty}
	case !seen[0]:
		return []string{maskFull}
	}
	return nil
}

// doubts collects warnings by their text, in the order in which they were found.
type doubts struct {
	texts []string
	paths map[string][]string
}

func (d *doubts) add(path string, texts []string) {
	if d.paths == nil {
		d.paths = map[string][]string{}
	}
	for _, text := range texts {
		if d.paths[text] == nil {
			d.texts = append(d.texts, text)
		}
		d.paths[text] = append(d.paths[text], path)
	}
}

// lines returns one line for each warning with the pictures that it is about, at most ten lines.
func (d *doubts) lines(pictures int) []string {
	const most = 10
	var lines []string
	for _, text := range d.texts[:min(len(d.texts), most)] {
		about := d.paths[text]
		line := fmt.Sprintf("warning: %s %s", about[0], text)
		if others := about[1:]; len(others) > 0 {
			more := ""
			if n := len(others) - 3; n > 0 {
				others, more = others[:3], fmt.Sprintf(" and %d more", n)
			}
			line += fmt.Sprintf("; the same of %s%s: %d of %d", strings.Join(others, ", "), more, len(about), pictures)
		}
		lines = append(lines, line)
	}
	if n := len(d.texts) - most; n > 0 {
		lines = append(lines, fmt.Sprintf("warning: and %d more of this kind", n))
	}
	return lines
}

package files

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what a file is to its entry.
type Role int

// The roles of files. Label is the ground truth, Second the second observer's, FOV the mask of the field of view.
const (
	Image Role = iota + 1
	Label
	Second
	FOV
)

var roleNames = [...]string{"", "image", "label", "second observer's label", "field-of-view mask"}

// String names the role as in messages.
func (r Role) String() string { return roleNames[r] }

// Match says what a file is: the entry it belongs to, its role, and the entry's subject and part, as far as this file's name tells.
type Match struct {
	ID      string // the entry's name
	Subject string // patient; empty, or the entry itself, where names do not tell patients
	Part    string // "train", "validation", "test", or "" where the layout has no parts
	Role    Role
}

// Entry is an image with what belongs to it: paths relative to the dataset's folder, empty where there is none.
type Entry struct {
	ID, Subject, Part         string
	Image, Label, Second, FOV string
}

// Problem is something wrong with one file of a copy.
type Problem struct {
	File string // relative to the dataset's folder
	Text string

	Beside string // where two files claim one role of an entry, the other one
	Role   Role   // the role that they claim
	Lost   bool   // of a search: what the name stands for is not there or cannot be read
}

// Error joins file and text.
func (p Problem) Error() string { return p.File + ": " + p.Text }

// Pair groups files by the entry that match assigns them to, never by sort order, and returns the entries sorted by name. Files that
// match does not know are left out. A problem is reported for each file that claims a role twice. Alone are labels, second labels and masks
// without image; images without label are left to the caller, who knows which parts may have none. All are sorted by name.
//
// A file that lies beside its own gzipped copy counts once.
func Pair(paths []string, match func(path string) (Match, bool)) (list []Entry, problems, alone []Problem) {
	entries := map[string]*Entry{}
	for _, path := range paths {
		m, ok := match(path)
		if !ok {
			continue
		}
		e := entries[m.ID]
		if e == nil {
			e = &Entry{ID: m.ID}
			entries[m.ID] = e
		}
		if m.Role == Image || e.Image == "" {
			e.Subject, e.Part = m.Subject, m.Part
		}
		slot := e.slot(m.Role)
		switch {
		case *slot == "" || cutEnding(path, ".gz") == *slot:
			if *slot == "" {
				*slot = path
			}
		case cutEnding(*slot, ".gz") == path:
			*slot = path
		default:
			problems = append(problems, twice(path, *slot, m))
		}
	}
	list = make([]Entry, 0, len(entries))
	for _, e := range entries {
		if e.Image == "" {
			for r := Label; r <= FOV; r++ {
				if p := *e.slot(r); p != "" {
					alone = append(alone, Problem{File: p, Text: fmt.Sprintf("is the %s of %s, but there is no image of that name", r, e.ID)})
				}
			}
			continue
		}
		list = append(list, *e)
	}
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	for _, p := range [][]Problem{problems, alone} {
		slices.SortFunc(p, func(a, b Problem) int { return strings.Compare(a.File, b.File) })
	}
	return list, problems, alone
}

// twice is the problem of a second file in one role. Which of two files named like images is the photograph is not known here, so nobody is
// told to remove one.
func twice(path, beside string, m Match) Problem {
	p := Problem{File: path, Beside: beside, Role: m.Role}
	if m.Role == Image {
		p.Text = fmt.Sprintf("is named like the image %s, as is %s; a label belongs in a folder called labels, a copy outside the dataset's folder",
			m.ID, beside)
	} else {
		p.Text = fmt.Sprintf("is the %s of %s, as is %s; move one of them outside the dataset's folder", m.Role, m.ID, beside)
	}
	return p
}

func (e *Entry) slot(r Role) *string {
	switch r {
	case Image:
		return &e.Image
	case Label:
		return &e.Label
	case Second:
		return &e.Second
	default:
		return &e.FOV
	}
}

// Paths lists the entry's files.
func (e *Entry) Paths() []string {
	var out []string
	for r := Image; r <= FOV; r++ {
		if p := *e.slot(r); p != "" {
			out = append(out, p)
		}
	}
	return out
}

package files

import (
	"fmt"
	"slices"
	"strings"
)

// Role is the role of a file in its entry.
type Role int

// The roles of files. Label is the ground truth, Second the second observer's label, FOV the mask of the field of
// view.
const (
	Image Role = iota + 1
	Label
	Second
	FOV
)

var roleNames = [...]string{"", "image", "label", "second observer's label", "field-of-view mask"}

// String returns the role's name as in messages.
func (r Role) String() string { return roleNames[r] }

// Match describes a file as far as its name says: the entry it belongs to, its role, and the entry's subject and part.
type Match struct {
	ID      string // the entry's name
	Subject string // patient; "" or the entry's ID if names do not say
	Part    string // "train", "validation", "test", or "" if the layout has no parts
	Role    Role
}

// Entry is an image with its label and masks: paths relative to the dataset's folder, "" if there is none.
type Entry struct {
	ID, Subject, Part         string
	Image, Label, Second, FOV string
}

// Problem is something wrong with one file of a copy of a dataset.
type Problem struct {
	File string // relative to the dataset's folder
	Text string

	Beside string // if two files claim one role of an entry, the other file
	Role   Role   // the claimed role
	Lost   bool   // from Search: the file or folder does not exist or cannot be read
}

// Error returns file and text.
func (p Problem) Error() string { return p.File + ": " + p.Text }

// Pair groups files into entries by match, never by sort order. Files that match does not know are skipped. There is a
// problem for each file that claims a role already taken; alone holds a problem for each label, second label or mask
// without an image. Images without a label are left to the caller, who knows which parts may lack them. All results
// are sorted by name.
//
// A file beside its own gzipped copy counts once.
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
					alone = append(alone, Problem{
						File: p, Text: fmt.Sprintf("is the %s of %s, but there is no image of that name", r, e.ID),
					})
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

// twice returns the problem of a second file in one role. If both are named like images, it is not known which one is
// the photograph, so the text does not ask the user to remove either.
func twice(path, beside string, m Match) Problem {
	p := Problem{File: path, Beside: beside, Role: m.Role}
	if m.Role == Image {
		p.Text = fmt.Sprintf("is named like the image %s, as is %s; "+
			"a label belongs in a folder called labels, a copy outside the dataset's folder", m.ID, beside)
	} else {
		p.Text = fmt.Sprintf("is the %s of %s, as is %s; move one of them outside the dataset's folder",
			m.Role, m.ID, beside)
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

// Paths returns the entry's files.
func (e *Entry) Paths() []string {
	var out []string
	for r := Image; r <= FOV; r++ {
		if p := *e.slot(r); p != "" {
			out = append(out, p)
		}
	}
	return out
}

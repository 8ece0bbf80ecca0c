package datasets

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"r2unet/datasets/files"
)

// row is an image of an own folder with what belongs to it, as far as it is named: by patterns or by a list.
type row struct {
	image, label, fov, part, patient string
	line                             int // of the list, from 1; 0 without a list
}

// find pairs the files below a folder as the patterns or the list say.
func (f *folder) find(dir string) (*Copy, error) {
	paths, skipped, err := files.Search(dir)
	var many *files.TooManyError
	if err != nil && !errors.As(err, &many) {
		return nil, err
	}
	c := f.findAmong(dir, paths, skipped)
	if many != nil {
		c.Notes = append(c.Notes, tooManyNote(many))
	}
	return c, nil
}

// findAmong pairs files that were found below a folder.
func (f *folder) findAmong(dir string, paths []string, skipped []files.Problem) *Copy {
	c := &Copy{Dir: dir}
	p := &pairing{folder: f, copy: c, listing: newListing(paths)}
	rows := p.rows()
	p.pair(rows)
	p.lost(skipped)
	p.rest(paths)
	p.passedOver()
	slices.SortFunc(c.Entries, func(a, b files.Entry) int { return strings.Compare(a.ID, b.ID) })
	for _, list := range [][]files.Problem{c.Problems, c.Unpaired} {
		slices.SortStableFunc(list, func(a, b files.Problem) int { return strings.Compare(a.File, b.File) })
	}
	return c
}

func tooManyNote(many *files.TooManyError) string {
	return fmt.Sprintf("the folder holds more files than are looked at; %s and what follows were not looked into",
		many.Next)
}

// pairing is the work of finding the images of a folder and what belongs to them.
type pairing struct {
	*folder
	copy    *Copy
	listing *listing
	used    map[string]bool // files that are images, labels or masks
}

func (p *pairing) problem(file, format string, args ...any) {
	p.copy.Problems = append(p.copy.Problems, files.Problem{File: file, Text: fmt.Sprintf(format, args...)})
}

// rows lists the images, and what a list says of them.
func (p *pairing) rows() []row {
	var found []string
	if p.images != nil {
		for _, image := range p.listing.glob(p.images.text) {
			if _, picture := files.Stem(image); picture {
				found = append(found, image)
			}
		}
		found = p.withoutMasks(found)
	}
	if p.list == "" {
		rows := make([]row, len(found))
		for i, image := range found {
			rows[i].image = image
		}
		return rows
	}
	list, there := p.listing.exact(p.list)
	if !there {
		if len(found) > 0 {
			p.problem(p.list, "is not there, though split names it")
		} else {
			p.copy.Hints = append(p.copy.Hints, "there is no file "+p.list+", which split names")
		}
		return nil
	}
	rows := p.readList(list)
	listed := map[string]bool{}
	for _, r := range rows {
		listed[r.image] = true
	}
	found = slices.DeleteFunc(found, func(image string) bool { return listed[image] })
	if n := len(found); n > 0 && len(rows) > 0 && len(p.copy.Problems) == 0 { // a bad line may name them
		p.copy.Notes = append(p.copy.Notes, fmt.Sprintf("%s not in %s and %s left out, such as %s",
			counted1(n, "image is", "images are"), p.list, are(n), found[0]))
	}
	return rows
}

// counted1 writes "1 image is" or "3 images are".
func counted1(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// withoutMasks takes out of the files that are called like images those that are labels or masks of others.
func (p *pairing) withoutMasks(found []string) []string {
	masks := map[string]bool{}
	for _, image := range found {
		for _, by := range []*pattern{p.labels, p.fov} {
			if by == nil {
				continue
			}
			for _, file := range p.listing.glob(by.of(image, p.images)) {
				masks[file] = masks[file] || file != image
			}
		}
	}
	return slices.DeleteFunc(found, func(file string) bool { return masks[file] })
}

// pair finds what belongs to each image, and makes entries of them.
func (p *pairing) pair(rows []row) {
	ids := p.ids(rows)
	p.used = map[string]bool{}
	labelled := map[string]string{} // image by label
	for i, r := range rows {
		e := files.Entry{ID: ids[i], Image: r.image, Part: r.part, Subject: p.patientOf(r)}
		if p.config.Split == ByFolder {
			e.Part = files.FolderPart(r.image)
		}
		e.Subject = cmp.Or(e.Subject, e.ID)
		e.Label = p.belonging(r, r.label, p.labels, "label")
		if p.fov != nil || r.fov != "" {
			e.FOV = p.belonging(r, r.fov, p.fov, "field-of-view mask")
		} else if p.config.LossRegion == "fov" || p.config.Sampling == "fov" {
			p.problem(r.image, "has no field-of-view mask: %s names none", p.list)
		}
		p.used[r.image], p.used[e.Label], p.used[e.FOV] = true, true, true
		switch other := labelled[e.Label]; {
		case e.ID == "" || e.Label == "":
			continue // which is a problem already
		case e.Label == e.Image:
			p.problem(e.Image, "would be its own label: labels must name other files than images")
			continue
		case other != "":
			p.problem(e.Label, "is the label of two images, %s and %s", other, e.Image)
			continue
		}
		labelled[e.Label] = e.Image
		p.copy.Entries = append(p.copy.Entries, e)
	}
	if p.config.Split == ByFolder {
		p.withParts()
	}
	if p.labels != nil && p.labels.any() != "" && len(rows) > 0 && p.list == "" {
		p.alone()
	}
}

// withParts leaves out images that lie in no folder of a part, if others do.
func (p *pairing) withParts() {
	var parted, rest []files.Entry
	for _, e := range p.copy.Entries {
		if e.Part == "" {
			rest = append(rest, e)
		} else {
			parted = append(parted, e)
		}
	}
	if n := len(rest); n > 0 && len(parted) > 0 {
		p.copy.Entries = parted
		p.copy.Notes = append(p.copy.Notes, fmt.Sprintf("%s in no folder called train, val or test and %s left out, "+
			"such as %s", counted1(n, "image is", "images are"), are(n), rest[0].Image))
	}
}

// belonging is the one file of an image that a list or a pattern names.
func (p *pairing) belonging(r row, listed string, by *pattern, what string) string {
	if listed != "" {
		return listed
	}
	if by == nil {
		p.problem(r.image, "has no %s: neither %s nor a key names one", what, p.list)
		return ""
	}
	text := by.of(r.image, p.images)
	found := p.listing.glob(text)
	if exact := slices.Index(found, unescaped(text)); exact >= 0 && metaAt(text) == len(text) {
		found = found[exact : exact+1]
	}
	switch len(found) {
	case 1:
		return found[0]
	case 0:
		p.problem(r.image, "has no %s: there is no file %s", what, unescaped(text))
	default:
		p.problem(r.image, "has %d files that could be its %s, such as %s and %s: a pattern has to name one",
			len(found), what, found[0], found[1])
	}
	return ""
}

// alone lists labels that belong to no image.
func (p *pairing) alone() {
	for _, label := range p.listing.glob(p.labels.any()) {
		if _, picture := files.Stem(label); picture && !p.used[label] {
			p.copy.Unpaired = append(p.copy.Unpaired, files.Problem{
				File: label, Role: files.Label, Text: "is called like a label, but belongs to no image",
			})
		}
	}
}

// patientOf is the patient that a list or the path tells, "" where none is asked for. A path that tells none is a
// problem.
func (p *pairing) patientOf(r row) string {
	if r.patient != "" || p.patient == nil {
		return r.patient
	}
	patient, matches := patientIn(p.patient, r.image)
	switch {
	case !matches:
		p.problem(r.image, "tells no patient: patient = \"%s\" does not match its path", p.patient)
	case patient == "":
		p.problem(r.image, "tells no patient: patient = \"%s\" matches its path, but what names the patient is empty",
			p.patient)
	}
	return patient
}

// patientIn is the patient that a regular expression finds in the path of an image, its groups or the whole match, and
// whether it matches. The patient is "" where all of these are empty.
func patientIn(expression *regexp.Regexp, image string) (patient string, matches bool) {
	m := expression.FindStringSubmatch(norm.NFC.String(image))
	switch {
	case m == nil:
		return "", false
	case len(m) == 1:
		return m[0], true
	case strings.Join(m[1:], "") == "":
		return "", true
	}
	return strings.Join(m[1:], "-"), true
}

// ids names the images: by their stems, or, where several have one, by folder and stem. What would still have the name
// of another image is a problem, and is named "".
func (p *pairing) ids(rows []row) []string {
	ids, times := make([]string, len(rows)), map[string]int{}
	for i, r := range rows {
		stem, _ := files.Stem(r.image)
		ids[i] = entryID(stem)
		times[strings.ToLower(ids[i])]++
	}
	taken := map[string]string{}
	for i, r := range rows {
		if times[strings.ToLower(ids[i])] > 1 {
			folders := r.image[:strings.LastIndexByte(r.image, '/')+1]
			ids[i] = entryID(strings.ReplaceAll(folders, "/", "-") + ids[i])
		}
		key := strings.ToLower(ids[i])
		if other := taken[key]; other != "" {
			p.problem(r.image, "would be called %s in results, as %s is: an image needs a name of its own",
				ids[i], other)
			ids[i] = ""
			continue
		}
		taken[key] = r.image
	}
	return ids
}

// entryID makes a name of letters, digits and - _ . out of any.
func entryID(name string) string {
	id := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune("-_.", r) {
			return r
		}
		return '_'
	}, norm.NFC.String(name))
	if !entryName.MatchString(id) {
		id = "_" + id
	}
	return id
}

// lost tells links that lead to nothing, and the like, from what has nothing to do with the dataset.
func (p *pairing) lost(skipped []files.Problem) {
	at := newListing(nil)
	for _, s := range skipped {
		at.paths, at.folded = []string{s.File}, []string{fold(s.File)}
		ours := false
		for _, by := range []*pattern{p.images, p.labels, p.fov} {
			switch {
			case by == nil:
			case by == p.images:
				ours = ours || len(at.glob(by.text)) > 0
			case by.any() != "":
				ours = ours || len(at.glob(by.any())) > 0
			}
		}
		if ours {
			p.copy.Problems = append(p.copy.Problems, s)
		} else {
			p.copy.Skipped = append(p.copy.Skipped, s)
		}
	}
}

// rest lists what is no part of the dataset. Where there is nothing else, hints say what it is.
func (p *pairing) rest(paths []string) {
	for _, file := range paths {
		switch {
		case p.used[file] || p.list != "" && fold(file) == fold(p.list):
		case slices.ContainsFunc(p.copy.Unpaired, func(u files.Problem) bool { return u.File == file }):
		case files.Archive(file):
			p.copy.Archives = append(p.copy.Archives, file)
		default:
			p.copy.Others = append(p.copy.Others, file)
		}
	}
	if len(p.copy.Entries) > 0 || len(p.copy.Problems) > 0 {
		return
	}
	var there []string
	for _, g := range groupsOf(paths) {
		there = append(there, fmt.Sprintf("%d %s", len(g.files), g.pattern()))
	}
	if len(there) > 0 {
		p.copy.Hints = append(p.copy.Hints, "there are "+listed(there))
	}
}

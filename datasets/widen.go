package datasets

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// pairsBy pairs the files of the folder by a table.
func (in *Inspection) pairsBy(table Config, paths []string, skipped []files.Problem) (*Copy, error) {
	d, err := table.Describe()
	if err != nil {
		return nil, err
	}
	return d.folder.findAmong(in.Dir, paths, skipped), nil
}

// widen has the table take pairs in other folders, too, where one pattern finds them all: those below the images', and
// those in folders of the same names elsewhere. What a pattern with a * says of folders, it keeps saying. A warning
// names what keeps a pattern from finding more.
func (in *Inspection) widen(images, labels, fov *fileGroup, paths []string, skipped []files.Problem) error {
	if strings.Contains(images.folder, "*") || strings.Contains(labels.folder, "*") {
		return nil
	}
	best, err := in.pairsBy(in.Table, paths, skipped)
	if err != nil {
		return err
	}
	label := map[string]string{}
	for _, e := range best.Entries {
		label[e.Image] = e.Label
	}
	widened := false
	var refused *Copy // the first that would have taken more but for a few files
	var by Config
	for _, table := range in.wider(images, labels, fov) {
		c, err := in.pairsBy(table, paths, skipped)
		if err != nil || len(c.Entries) <= len(best.Entries) {
			continue // a name of a folder may not do in a pattern
		}
		if n := len(c.Problems); n > 0 {
			if refused == nil && n < len(c.Entries)-len(best.Entries) {
				refused, by = c, table
			}
			continue
		}
		kept := 0
		for _, e := range c.Entries {
			if label[e.Image] == e.Label {
				kept++
			}
		}
		if kept == len(label) {
			in.Table, best, widened = table, c, true
		}
	}
	if refused != nil && len(refused.Entries) > len(best.Entries) {
		p := refused.Problems
		others := ""
		if n := len(p) - 1; n > 0 {
			others = fmt.Sprintf(" (and %d more)", n)
		}
		in.Warnings = append(in.Warnings, fmt.Sprintf("images = %q with labels = %q would take %d pairs in place of "+
			"%d, but %s%s: mend it, or move it away", by.Images, by.Labels, len(refused.Entries), len(best.Entries),
			p[0].Error(), others))
	}
	if !widened {
		return nil
	}
	if folder := path.Dir(in.Table.Images); !strings.Contains(folder, "**") {
		images.folder = folder
	}
	images.files, labels.files = nil, nil
	folders := map[string]bool{}
	for _, e := range best.Entries {
		images.files, labels.files = append(images.files, e.Image), append(labels.files, e.Label)
		folder := path.Dir(e.Image)
		if folder == "." {
			folder = "the folder itself"
		}
		folders[folder] = true
	}
	in.Notes = append(in.Notes, "images lie in several folders, all of which are taken: "+
		listed(slices.Sorted(maps.Keys(folders))))
	return nil
}

// wider are tables whose patterns take more folders: all below that of the images or beside it, with the labels of all
// in one folder or, where those of the images' folder lie in it, each in that of its image; all below it, with labels
// that lie likewise; and all that are called like it.
func (in *Inspection) wider(images, labels, fov *fileGroup) []Config {
	below, alike, one, siblings := in.Table, in.Table, in.Table, in.Table
	name := images.name(images.prefix + "*")
	image := "**/" + name
	up := strings.TrimPrefix(path.Dir(images.folder)+"/", "./") // the folder of the images' folder
	below.Images = joinFolder(images.folder, image)
	alike.Images = "**/" + joinFolder(path.Base(images.folder), name)
	one.Images = below.Images
	siblings.Images = up + image
	beside := images.folder != ""
	for _, k := range []struct {
		group                  *fileGroup
		below, alike, siblings *string
	}{
		{labels, &below.Labels, &alike.Labels, &siblings.Labels},
		{fov, &below.FOV, &alike.FOV, &siblings.FOV},
	} {
		if k.group == nil {
			continue
		}
		partner := path.Base(k.group.belongingTo(images))
		*k.below = joinFolder(k.group.folder, "{dir}/"+partner)
		*k.alike = "{dir}/../" + path.Base(k.group.folder) + "/" + partner
		if k.group.folder == images.folder {
			*k.siblings = up + "{dir}/" + partner
		}
		beside = beside && k.group.folder != "" && path.Dir(k.group.folder) == path.Dir(images.folder)
	}
	tables := []Config{one, siblings, below}
	if beside {
		tables = append(tables, alike)
	}
	if labels.folder == images.folder { // a folder each, which may be that of a patient
		folders := siblings
		folders.Images = up + "*/" + name
		tables = slices.Insert(tables, 0, folders)
	}
	return tables
}

// leftOver notes the pictures that are no part of the pairs, by kinds. Hints of the copy are warnings.
func (in *Inspection) leftOver(c *Copy) {
	in.Warnings, in.Notes = append(in.Warnings, c.Hints...), append(in.Notes, c.Notes...)
	var left []string
	for _, file := range c.Others {
		if _, picture := files.Stem(file); picture {
			left = append(left, file)
		}
	}
	if len(left) == 0 {
		return
	}
	var kinds []string
	for _, g := range groupsOf(left) {
		kinds = append(kinds, fmt.Sprintf("%d %s", len(g.files), g.pattern()))
	}
	in.Notes = append(in.Notes, fmt.Sprintf("%s no part of the pairs and %s left out: %s",
		counted1(len(left), "picture is", "pictures are"), are(len(left)), listed(kinds)))
}

// unread warns of what could not be looked into.
func (in *Inspection) unread(skipped []files.Problem, err error) {
	var many *files.TooManyError
	if errors.As(err, &many) {
		in.Warnings = append(in.Warnings, tooManyNote(many))
	}
	for _, s := range skipped {
		if s.Lost {
			in.Lost = append(in.Lost, s)
		}
	}
	if n := len(in.Lost); n > 0 {
		in.Warnings = append(in.Warnings, fmt.Sprintf("%s not be looked into, and what may be in there is left out: %s",
			counted1(n, "folder or link could", "folders or links could"), in.Lost[0].Error()))
	}
}

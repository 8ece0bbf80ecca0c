package datasets

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// Copy is a dataset as it lies in a folder.
type Copy struct {
	Dir     string        // "" where the dataset is not there
	Entries []files.Entry // images with labels, sorted by name
	// images of parts that have no labels at all, such as a test half whose labels are kept back
	Unlabelled []string
	Unpaired   []files.Problem // images without label, and labels and masks without image: they are left out
	Problems   []files.Problem // what makes the copy unusable
	Notes      []string        // what a user should know about it
	// what may explain files that are not there: archives that were not unpacked, another year's files, pictures that
	// a pattern does not take
	Hints []string
	// what could not be looked into and has no name of this dataset, such as a link to nothing
	Skipped  []files.Problem
	Archives []string // files that have to be unpacked before anything in them is found
	Others   []string // files that are none of the dataset's, such as tables and superpixels
}

// Missing reports whether the dataset is not there.
func (c *Copy) Missing() bool { return c.Dir == "" }

// Find pairs the files below a folder. The error is for what keeps it from looking at all; everything else is in the
// copy.
func (d *Description) Find(dir string) (*Copy, error) {
	if d.folder != nil {
		return d.folder.find(dir)
	}
	c := &Copy{Dir: dir}
	paths, skipped, err := files.Search(dir)
	var many *files.TooManyError
	if errors.As(err, &many) {
		c.Notes = append(c.Notes, tooManyNote(many))
	} else if err != nil {
		return nil, err
	}
	var mine []string // those in folders of images first, which have the better claim to be one
	foreign := map[string][]string{}
	for _, p := range paths {
		_, ok := d.Match(p)
		switch year := d.foreign(dir, p); {
		case year != "":
			foreign[year] = append(foreign[year], p)
		case ok:
			mine = append(mine, p)
		case files.Archive(p):
			c.Archives = append(c.Archives, p)
		default:
			c.Others = append(c.Others, p)
		}
	}
	slices.SortStableFunc(mine, func(a, b string) int { return imageRank(a) - imageRank(b) })
	common := commonFolder(mine)
	match := below(common, d.own(common), d.Match)
	if everyRole(mine, match) == files.Image && everyRole(mine, d.Match) == files.Label {
		match = d.Match // labels alone, such as masks of slices whose names have an unknown ending
	}
	entries, problems, alone := files.Pair(mine, match)
	if labels := labelGroups(dir, problems, entries); len(labels) > 0 {
		entries, problems, alone = files.Pair(mine, func(p string) (files.Match, bool) {
			m, ok := match(p)
			if labels[groupOf(p)] != "" && m.Role != files.Second {
				m.Role = files.Label
			}
			return m, ok
		})
		for _, g := range slices.SortedFunc(maps.Keys(labels), func(a, b group) int {
			return strings.Compare(a.folder+a.ending, b.folder+b.ending)
		}) {
			c.Notes = append(c.Notes, fmt.Sprintf("%s are read as labels: %s",
				path.Join(g.folder, "*"+g.ending), labels[g]))
		}
	}
	c.Problems, c.Unpaired = named(entries), alone
	same := comparison{dir: dir, differ: map[[2]group]bool{}}
	for _, p := range problems {
		switch {
		case p.Role != files.Image || imageRank(p.Beside) >= imageRank(p.File):
			c.Problems = append(c.Problems, p)
		case same.picture(p.File, p.Beside):
			p.Text = fmt.Sprintf("is named like %s, and is not in a folder of images", p.Beside)
			c.Unpaired = append(c.Unpaired, p)
		default:
			p.Text = fmt.Sprintf("is named like %s, and is another picture; which of them the label belongs to is "+
				"not known, so move the other one, such as a turned copy, outside the dataset's folder", p.Beside)
			c.Problems = append(c.Problems, p)
		}
	}
	c.sort(entries)
	for _, p := range skipped {
		m, ok := match(p.File)
		if p.Lost && (ok && d.foreign(dir, p.File) == "" || files.Telling(p.File) && !c.empty()) {
			p.Role = m.Role
			c.Problems = append(c.Problems, p)
		} else {
			c.Skipped = append(c.Skipped, p)
		}
	}
	slices.SortFunc(c.Problems, func(a, b files.Problem) int { return strings.Compare(a.File, b.File) })
	c.Archives = slices.DeleteFunc(c.Archives, func(a string) bool { return unpacked(a, mine) })
	for _, year := range slices.Sorted(maps.Keys(foreign)) {
		list := foreign[year]
		if len(c.Entries) == 0 {
			c.Hints = append(c.Hints, fmt.Sprintf("%d files are those of %s, which is another dataset, such as %s",
				len(list), year, list[0]))
		} else {
			c.Skipped = append(c.Skipped, files.Problem{
				File: list[0], Text: fmt.Sprintf("is the first of %d files of %s, which is another dataset",
					len(list), year),
			})
		}
	}
	d.hintAtEndings(c)
	return c, nil
}

// named fills in patients that names do not tell, and refuses entries that could not name the pictures of their
// results.
func named(entries []files.Entry) (problems []files.Problem) {
	for i := range entries {
		e := &entries[i]
		e.Subject = cmp.Or(e.Subject, e.ID)
		if !entryName.MatchString(e.ID) {
			file := cmp.Or(e.Image, e.Label, e.Second, e.FOV)
			problems = append(problems, files.Problem{
				File: file, Text: fmt.Sprintf("belongs to the image %q: a name needs letters, digits and - _ . alone",
					e.ID),
			})
		}
	}
	return problems
}

var entryName = regexp.MustCompile(`^[\pL\pN_][-._\pL\pN]*$`)

// unpacked reports whether one of the files lies in a folder that is called like an archive.
func unpacked(archive string, list []string) bool {
	name, _, _ := strings.Cut(path.Base(archive), ".")
	return slices.ContainsFunc(list, func(file string) bool {
		return slices.ContainsFunc(strings.Split(path.Dir(file), "/"), func(folder string) bool {
			return strings.EqualFold(folder, name)
		})
	})
}

// imageRank is 0 for files in a folder that is named for images, 1 for others.
func imageRank(file string) int {
	if files.FolderRole(file) == files.Image {
		return 0
	}
	return 1
}

// commonFolder is the path, with a slash behind it, of the deepest folder that all files lie in; "" is the dataset's.
func commonFolder(list []string) string {
	if len(list) == 0 {
		return ""
	}
	common := list[0]
	for _, file := range list {
		for !strings.HasPrefix(file, common) || !strings.HasSuffix(common, "/") && common != "" {
			common = common[:strings.LastIndexByte(strings.TrimSuffix(common, "/"), '/')+1]
		}
	}
	return common
}

// everyRole is the role that all files have; 0 where they have several.
func everyRole(list []string, match func(string) (files.Match, bool)) (all files.Role) {
	for i, file := range list {
		m, _ := match(file)
		if i > 0 && m.Role != all {
			return 0
		}
		all = m.Role
	}
	return all
}

// hintAtEndings names files that would be the dataset's had they the ending of DICOM files, which scanners leave away
// or write as IMA.
func (d *Description) hintAtEndings(c *Copy) {
	var named []string
	for _, file := range c.Others {
		stem := file
		switch ending := path.Ext(file); {
		case strings.EqualFold(ending, ".ima"), strings.EqualFold(ending, ".dicom"):
			stem = strings.TrimSuffix(file, ending)
		case ending != "":
			continue
		}
		if _, ok := d.Match(stem + ".dcm"); ok && d.foreign(c.Dir, file) == "" {
			named = append(named, file)
		}
	}
	if n := len(named); n > 0 {
		c.Hints = append(c.Hints, fmt.Sprintf("%d files have names of %s without an ending that is read, such as %s; "+
			"if they are DICOM files, call them %s",
			n, d.Name, named[0], path.Base(strings.TrimSuffix(named[0], path.Ext(named[0])))+".dcm"))
	}
}

// own is the part of a path of folders, with a slash behind it, that ends with the dataset's usual folder; "" where
// it is not in the path.
func (d *Description) own(folders string) string {
	names := strings.Split(folders, "/")
	for i := len(names) - 1; i >= 0; i-- {
		if slices.ContainsFunc(d.Folders, func(f string) bool { return strings.EqualFold(f, names[i]) }) {
			return strings.Join(names[:i+1], "/") + "/"
		}
	}
	return ""
}

// below has a file's role told by the names of the folders below a common one alone: what all files lie in, such as
// "Skin Segmentation", tells none from another. Likewise the part is told by folders below the dataset's own one
// alone, in which the files lie: "test/ISIC2017/images" is no test part.
func below(common, own string, match func(string) (files.Match, bool)) func(string) (files.Match, bool) {
	return func(file string) (files.Match, bool) {
		m, ok := match(file)
		if short, known := match(strings.TrimPrefix(file, common)); known {
			m.Role = short.Role
		}
		if short, known := match(strings.TrimPrefix(file, own)); known {
			m.Part = short.Part
		}
		return m, ok
	}
}

// roleInFolder is the role of a file that is named like an image: that of the folder it lies in.
func roleInFolder(file string) files.Role {
	if r := files.FolderRole(file); r != 0 {
		return r
	}
	return files.Image
}

// foreign names the dataset that a file really belongs to, where its folders name another year of this one.
func (d *Description) foreign(dir, file string) string {
	if d.Foreign == nil {
		return ""
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return d.Foreign(filepath.Base(dir) + "/" + file)
}

// sort divides entries into those with labels and those without.
func (c *Copy) sort(entries []files.Entry) {
	labels, unlabelled := map[string]int{}, map[string]int{}
	masks := 0
	for _, e := range entries {
		if e.Label != "" {
			labels[e.Part]++
		}
		if e.FOV != "" {
			masks++
		}
	}
	for _, e := range entries {
		switch {
		case e.Label != "":
			c.Entries = append(c.Entries, e)
			if masks > 0 && e.FOV == "" {
				c.Notes = append(c.Notes, fmt.Sprintf("%s has no field-of-view mask, though others have one; its "+
					"mask is made from the image", e.ID))
			}
		case labels[e.Part] == 0 && e.Part != "" && e.Part != "train":
			c.Unlabelled = append(c.Unlabelled, e.ID)
			unlabelled[e.Part]++
		default:
			c.Unpaired = append(c.Unpaired, files.Problem{File: e.Image, Role: files.Image, Text: "has no label"})
		}
	}
	slices.SortFunc(c.Unpaired, func(a, b files.Problem) int { return strings.Compare(a.File, b.File) })
	for _, part := range slices.Sorted(maps.Keys(unlabelled)) {
		c.Notes = append(c.Notes, fmt.Sprintf("the labels of the %d images of the %s part are missing",
			unlabelled[part], part))
	}
}

// empty reports whether there is not one file of the dataset.
func (c *Copy) empty() bool {
	return len(c.Entries) == 0 && len(c.Unlabelled) == 0 && len(c.Unpaired) == 0 && len(c.Problems) == 0
}

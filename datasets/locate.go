package datasets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"r2unet/datasets/files"
	"r2unet/internal/nearest"
)

// Locate finds a dataset's folder: folder below root if it is given, otherwise the dataset's usual names below root,
// otherwise root itself. Where several have files of the dataset, the one with most labelled images counts. A folder
// that is given and not there is an error; otherwise a dataset that is not there gives a copy that is Missing, with
// hints why.
func (d *Description) Locate(root, folder string) (*Copy, error) {
	if root == "" {
		return &Copy{}, nil
	}
	info, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("data folder %s: is not a folder", root)
	}
	names := d.Folders
	if folder != "" {
		names = []string{folder}
	}
	dirs, err := subfolders(root, names)
	if err != nil && len(dirs) == 0 {
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	}
	if folder != "" && len(dirs) == 0 {
		return nil, noFolder(root, folder)
	}
	var best *Copy
	var all []*Copy
	for _, dir := range dirs {
		c, findErr := d.Find(dir)
		if findErr != nil {
			err = errors.Join(err, findErr)
			continue
		}
		all = append(all, c)
		if best == nil || len(c.Entries) > len(best.Entries) {
			best = c
		}
	}
	switch {
	case err != nil && (best == nil || len(best.Entries) == 0):
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	case best != nil && best.empty():
		best.hintAtArchives(func(string) bool { return true })
		return nil, fmt.Errorf("%s: folder %s has 0 images; files of this dataset are named %s%s",
			d.Name, best.Dir, d.Files, best.why())
	case best != nil:
		best.notUsed(all)
		if !d.complete(best) {
			best.hintAtArchives(func(string) bool { return true })
		}
		return best, nil
	}
	c, err := d.Find(root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	}
	if d.nothingOfOurs(c) {
		return d.missing(c), nil
	}
	if !d.complete(c) {
		c.hintAtArchives(d.names)
	}
	return c, nil
}

// notUsed notes the other folders that have the dataset's names and labelled images.
func (c *Copy) notUsed(all []*Copy) {
	for _, other := range all {
		if n := len(other.Entries); other != c && n > 0 {
			c.Skipped = append(c.Skipped, files.Problem{
				File: filepath.Base(other.Dir),
				Text: fmt.Sprintf("has %d labelled images of this dataset, too, and is not used; "+
					`folder = %q in [[dataset]] chooses it`, n, filepath.Base(other.Dir)),
			})
		}
	}
}

// complete reports whether a copy has as many labelled images of each part as the official set.
func (d *Description) complete(c *Copy) bool {
	n := map[string]int{}
	for _, e := range c.Entries {
		n[e.Part]++
	}
	for part, images := range d.Official.Images {
		if n[part] < images {
			return false
		}
	}
	return true
}

// nothingOfOurs reports whether what was found in the data folder itself is no copy: nothing, or images alone where
// other collections have images of these names, too.
func (d *Description) nothingOfOurs(c *Copy) bool {
	if !d.CommonNames {
		return c.empty()
	}
	return len(c.Entries) == 0 && !slices.ContainsFunc(slices.Concat(c.Unpaired, c.Problems),
		func(p files.Problem) bool {
			return p.Role != files.Image && !p.Lost
		})
}

// missing is the copy of a dataset that the data folder does not have, with what was seen instead.
func (d *Description) missing(seen *Copy) *Copy {
	c := &Copy{Hints: slices.Concat(seen.Hints, seen.Notes), Skipped: seen.Skipped, Archives: seen.Archives}
	c.hintAtArchives(d.names)
	if n := len(seen.Unpaired) + len(seen.Unlabelled) + len(seen.Problems); n > 0 {
		first := ""
		if len(seen.Unpaired) > 0 {
			first = ", such as " + seen.Unpaired[0].File
		}
		c.Hints = append(c.Hints, fmt.Sprintf("%d files are named like images of %s%s, but none has a label",
			n, d.Name, first))
	}
	return c
}

// hintAtArchives names the archives that may hold what is missing.
func (c *Copy) hintAtArchives(may func(archive string) bool) {
	var named []string
	for _, a := range c.Archives {
		if may(a) {
			named = append(named, a)
		}
	}
	if len(named) > 0 {
		c.Hints = append(c.Hints, "not unpacked: "+listed(named)+"; unpack "+pronoun(len(named)))
	}
}

func pronoun(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// names reports whether an archive is called like the dataset, such as CHASEDB1.zip.
func (d *Description) names(archive string) bool {
	name := letters(archive)
	return slices.ContainsFunc(d.Folders, func(folder string) bool { return strings.Contains(name, letters(folder)) })
}

// letters are the letters and digits of a name, in lower case.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// why explains, behind an error, why files are not there; "" if nothing is known.
func (c *Copy) why() string {
	texts := slices.Clone(c.Hints)
	for _, p := range c.Skipped {
		texts = append(texts, p.Error())
	}
	if len(texts) == 0 {
		return ""
	}
	return "; " + strings.Join(texts[:min(len(texts), maxNamed)], "; ")
}

// maxNamed is how many names a line of text lists.
const maxNamed = 3

// listed names the first of many.
func listed(names []string) string {
	if n := len(names) - maxNamed; n > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), n)
	}
	return strings.Join(names, ", ")
}

// subfolders finds folders of the given names below root, whatever their case, in the order of names. The error is
// that of the first that is there under such a name and cannot be followed.
func subfolders(root string, names []string) (dirs []string, err error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	for _, name := range names {
		if strings.ContainsRune(name, '/') || name == "." {
			dir := filepath.Join(root, filepath.FromSlash(name))
			if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
				dirs = append(dirs, dir)
			} else if statErr != nil && !errors.Is(statErr, fs.ErrNotExist) {
				err = errors.Join(err, statErr)
			}
			continue
		}
		for _, e := range entries {
			dir := filepath.Join(root, e.Name())
			if !strings.EqualFold(e.Name(), name) || slices.Contains(dirs, dir) {
				continue
			}
			info, statErr := os.Stat(dir)
			switch {
			case errors.Is(statErr, fs.ErrNotExist):
				err = errors.Join(err, fmt.Errorf("%s is a symbolic link that leads to nothing", dir))
			case statErr != nil:
				err = errors.Join(err, statErr)
			case info.IsDir():
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs, err
}

// noFolder is the error of a key folder that names nothing, with the folders that are meant most likely.
func noFolder(root, folder string) error {
	text := fmt.Sprintf("folder = %q: there is no such folder below %s", folder, root)
	if info, err := os.Stat(filepath.Join(root, filepath.FromSlash(folder))); err == nil && !info.IsDir() {
		text = fmt.Sprintf("folder = %q: is a file of %s, not a folder", folder, root)
	}
	above := filepath.Dir(filepath.FromSlash(folder))
	entries, err := os.ReadDir(filepath.Join(root, above))
	if err != nil {
		above = "."
		if entries, err = os.ReadDir(root); err != nil {
			return errors.New(text)
		}
	}
	var there []string
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(root, above, e.Name())); err == nil && info.IsDir() &&
			!strings.HasPrefix(e.Name(), ".") {
			there = append(there, filepath.ToSlash(filepath.Join(above, e.Name())))
		}
	}
	if len(there) == 0 {
		return errors.New(text + ", and no other folder")
	}
	if best := nearest.Of(folder, there); best != "" {
		return fmt.Errorf("%s; did you mean %q?", text, best)
	}
	return errors.New(text + "; there are " + listed(there))
}

package datasets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// Copy is a dataset as it lies in a folder.
type Copy struct {
	Dir        string
	Entries    []files.Entry   // images with labels, sorted by name
	Unlabelled []string        // images of parts that have no labels at all, such as DRIVE's test half
	Problems   []files.Problem // what makes the copy unusable
	Notes      []string        // what a user should know about it
	Others     []string        // files that are none of the dataset's, such as tables and superpixels
}

// Find pairs the files below a folder. The error is for what keeps it from looking at all; everything else is in Problems.
func (d *Description) Find(dir string) (*Copy, error) {
	paths, err := files.Find(dir)
	if err != nil {
		return nil, err
	}
	c := &Copy{Dir: dir}
	entries, problems := files.Pair(paths, d.Match)
	for _, path := range paths {
		if _, ok := d.Match(path); !ok {
			c.Others = append(c.Others, path)
		}
	}
	c.Problems = problems
	labels := map[string]int{}
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
				c.Notes = append(c.Notes, fmt.Sprintf("%s has no field-of-view mask, though others have one; its mask is made from the image", e.ID))
			}
		case labels[e.Part] == 0 && e.Part != "" && e.Part != "train":
			c.Unlabelled = append(c.Unlabelled, e.ID)
		default:
			c.Problems = append(c.Problems, files.Problem{File: e.Image, Text: "has no label; files of this dataset are named " + d.Files})
		}
	}
	if n := len(c.Unlabelled); n > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("the labels of the %d images of the test part are missing", n))
	}
	return c, nil
}

// Locate finds a dataset's folder: folder below root if it is given, otherwise the dataset's usual names below root, otherwise root
// itself. Where several have files of the dataset, the one with most labelled images counts. It gives nil where there is none.
func (d *Description) Locate(root, folder string) (*Copy, error) {
	if root == "" {
		return nil, nil
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
	if err != nil {
		return nil, err
	}
	var best *Copy
	for _, dir := range dirs {
		c, err := d.Find(dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Name, err)
		}
		if best == nil || len(c.Entries) > len(best.Entries) {
			best = c
		}
	}
	switch {
	case best != nil && best.empty():
		return nil, fmt.Errorf("%s: folder %s has 0 images; files of this dataset are named %s", d.Name, best.Dir, d.Files)
	case best != nil:
		return best, nil
	case folder != "":
		return nil, nil
	}
	c, err := d.Find(root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	}
	if c.empty() {
		return nil, nil
	}
	return c, nil
}

func (c *Copy) empty() bool {
	return len(c.Entries) == 0 && len(c.Unlabelled) == 0 && len(c.Problems) == 0
}

// subfolders finds folders of the given names below root, whatever their case, in the order of names.
func subfolders(root string, names []string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	var dirs []string
	for _, name := range names {
		if strings.ContainsRune(name, '/') {
			dir := filepath.Join(root, name)
			if _, err := os.Stat(dir); err == nil {
				dirs = append(dirs, dir)
			} else if !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			continue
		}
		for _, e := range entries {
			dir := filepath.Join(root, e.Name())
			if !strings.EqualFold(e.Name(), name) || slices.Contains(dirs, dir) {
				continue
			}
			info, err := os.Stat(dir)
			if err != nil {
				return nil, err
			}
			if info.IsDir() {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs, nil
}

// broken gives the problems of a copy as one error: the first in full, the others counted.
func (c *Copy) broken(name string) error {
	if len(c.Problems) == 0 {
		return nil
	}
	p := c.Problems[0]
	err := fmt.Errorf("%s: %s: %s", name, filepath.Join(c.Dir, p.File), p.Text)
	if n := len(c.Problems) - 1; n > 0 {
		err = fmt.Errorf("%w (and %d more problems; go run ./cmd/verify lists them)", err, n)
	}
	return err
}

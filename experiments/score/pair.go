package score

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"r2unet/datasets/files"
)

// An item is one image: its label, its predictions in the order of the folders, and its field of view.
type item struct {
	id          string
	truth       string // path of the file, as are the others
	predictions []string
	fov         string // "" = all pixels are inside
}

// A folder holds the pictures below a directory.
type folder struct {
	flag  string // that names it
	dir   string
	paths []string // below dir, with slashes, sorted
}

// listFolder finds the pictures below a directory by their extensions.
func listFolder(ctx context.Context, flag, dir string) (folder, error) {
	found, problems, err := files.Search(dir)
	if err != nil {
		return folder{}, fmt.Errorf("-%s %s: %w", flag, dir, err)
	}
	if len(problems) > 0 {
		return folder{}, fmt.Errorf("-%s %s: %s: %s", flag, dir, problems[0].File, problems[0].Text)
	}
	f := folder{flag: flag, dir: dir}
	for _, path := range found {
		if _, ok := files.Stem(path); ok {
			f.paths = append(f.paths, path)
		}
	}
	if len(f.paths) == 0 {
		return folder{}, fmt.Errorf("-%s %s: no picture in it; PNG, TIFF, GIF, BMP, WebP, PPM, PGM, JPEG and DICOM "+
			"are read", flag, dir)
	}
	return f, ctx.Err()
}

func (f *folder) join(path string) string { return filepath.Join(f.dir, filepath.FromSlash(path)) }

// role is what a file's name says after the name of its image.
var role = regexp.MustCompile(`(?i)[_.\- ](?:probability|probabilities|prob|prediction|pred|masks?|fov|` +
	`segmentation|labels?|gt|groundtruth|manual[12]?|1stHO|2ndHO|ah|vk|test|training)$`)

// exactName is a file's name without folder and extension, and plainName what remains of it without what names its
// role: "01" of "01_test_mask.gif" and "01_manual1.gif". Both ignore case.
func exactName(path string) string {
	stem, _ := files.Stem(path)
	return strings.ToLower(norm.NFC.String(stem))
}

func plainName(path string) string {
	name := exactName(path)
	for {
		at := role.FindStringIndex(name)
		if at == nil || at[0] == 0 {
			return name
		}
		name = name[:at[0]]
	}
}

// withoutDoubles leaves one of the pictures that segment writes of an image: of several classes the mask, which has the
// classes, and otherwise the probabilities. Overlays and uncertainties beside either are no predictions.
func (f *folder) withoutDoubles(classes bool) {
	keep, drop := "_probability", "_mask"
	if classes {
		keep, drop = drop, keep
	}
	there := map[string]bool{}
	for _, path := range f.paths {
		there[filepath.Dir(path)+"/"+exactName(path)] = true
	}
	f.paths = slices.DeleteFunc(slices.Clone(f.paths), func(path string) bool {
		of := filepath.Dir(path) + "/"
		if name, ok := strings.CutSuffix(exactName(path), drop); ok {
			return there[of+name+keep]
		}
		for _, extra := range []string{"_overlay", "_uncertainty"} {
			if name, ok := strings.CutSuffix(exactName(path), extra); ok {
				return there[of+name+keep] || there[of+name+drop]
			}
		}
		return false
	})
}

// pair finds what belongs together: by exact names, or, where these do not all pair, by plain ones. The error names the
// files that do not pair.
func pair(truth folder, predictions []folder, fov *folder) ([]item, error) {
	items, problems := pairBy(exactName, truth, predictions, fov)
	if len(problems) > 0 {
		items, problems = pairBy(plainName, truth, predictions, fov)
	}
	if len(problems) == 0 {
		return items, nil
	}
	const most = 8
	text := strings.Join(problems[:min(most, len(problems))], "; ")
	if more := len(problems) - most; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return nil, fmt.Errorf("files do not pair by their names: %s", text)
}

func pairBy(
	name func(string) string, truth folder, predictions []folder, fov *folder,
) (items []item, problems []string) {
	labels, problems := truth.index(name, problems)
	find := func(f *folder, strict bool) map[string]string {
		var index map[string]string
		index, problems = f.index(name, problems)
		for _, path := range truth.paths {
			if index[name(path)] == "" {
				problems = append(problems, fmt.Sprintf("%s has no picture in -%s %s", truth.join(path), f.flag, f.dir))
			}
		}
		for _, path := range f.paths {
			if strict && labels[name(path)] == "" {
				problems = append(problems, fmt.Sprintf("%s has no label in -truth %s", f.join(path), truth.dir))
			}
		}
		return index
	}
	for _, path := range truth.paths {
		items = append(items, item{id: name(path), truth: truth.join(path)})
	}
	for k := range predictions {
		index := find(&predictions[k], true)
		for i := range items {
			items[i].predictions = append(items[i].predictions, predictions[k].join(index[items[i].id]))
		}
	}
	if fov != nil {
		index := find(fov, false)
		for i := range items {
			items[i].fov = fov.join(index[items[i].id])
		}
	}
	return items, problems
}

// index maps names to paths, and adds a problem for each name that two files have.
func (f *folder) index(name func(string) string, problems []string) (map[string]string, []string) {
	index := map[string]string{}
	for _, path := range f.paths {
		if other := index[name(path)]; other != "" {
			problems = append(problems, fmt.Sprintf("%s and %s are both of image %s",
				f.join(other), f.join(path), name(path)))
			continue
		}
		index[name(path)] = path
	}
	return index, problems
}

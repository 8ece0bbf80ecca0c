package datasets

import (
	"bytes"
	"context"
	"path"
	"path/filepath"
	"strings"

	"r2unet/datasets/files"
)

// group is the files of one folder with one ending.
type group struct{ folder, ending string }

func groupOf(file string) group {
	folder, name := path.Split(file)
	stem, _ := files.Stem(name)
	return group{strings.TrimSuffix(folder, "/"), name[len(stem):]}
}

const (
	// maxPeeked is how many pairs of files are decoded to tell labels from photographs of the same name.
	maxPeeked = 8
	// leastField is the least share of an image, 0..1, that a field of view covers. Labels of vessels cover 0.2 at
	// most, fields of view of the known datasets 0.6 at least.
	leastField = 0.4
)

// labelGroups finds out by their content which files are labels whose names say something else, and says why. Where
// two files claim to be one image, and one is a photograph and the other has two values only, the files of its folder
// with its ending are labels; and where no image has a label, masks that cover too little of an image to be fields of
// view are.
func labelGroups(dir string, problems []files.Problem, entries []files.Entry) map[group]string {
	labels := map[group]string{}
	type pair struct{ a, b group }
	seen := map[pair]bool{}
	for _, p := range problems {
		a, b := groupOf(p.File), groupOf(p.Beside)
		if p.Role != files.Image || seen[pair{a, b}] || len(seen) == maxPeeked {
			continue
		}
		seen[pair{a, b}] = true
		two, otherTwo := twoValued(dir, p.File) >= 0, twoValued(dir, p.Beside) >= 0
		if two == otherTwo || a == b {
			continue
		}
		if two {
			b = a
		}
		labels[b] = "they have two values only"
	}
	for _, e := range entries {
		if e.Label != "" {
			return labels
		}
	}
	masks := map[group]bool{}
	for _, e := range entries {
		g := groupOf(e.FOV)
		if e.FOV == "" || masks[g] || len(masks) == maxPeeked || files.FolderRole(e.FOV) != files.FOV {
			continue
		}
		masks[g] = true
		if share := twoValued(dir, e.FOV); share > 0 && share < leastField {
			labels[g] = "they cover too little for fields of view, and there are no others"
		}
	}
	return labels
}

// comparison tells whether files hold the same picture. Where two of two groups differ, the others of these groups
// count as different unread.
type comparison struct {
	dir    string
	differ map[[2]group]bool
}

func (c comparison) picture(a, b string) bool {
	pair := [2]group{groupOf(a), groupOf(b)}
	if c.differ[pair] {
		return false
	}
	same := samePicture(filepath.Join(c.dir, filepath.FromSlash(a)), filepath.Join(c.dir, filepath.FromSlash(b)))
	c.differ[pair] = !same
	return same
}

// samePicture reports whether two files have the same bytes, or the same pixels.
func samePicture(a, b string) bool {
	one, err := files.Bytes(a)
	if err != nil {
		return false
	}
	other, err := files.Bytes(b)
	if err != nil {
		return false
	}
	if bytes.Equal(one, other) {
		return true
	}
	m, err := files.Decode(context.Background(), one)
	if err != nil {
		return false
	}
	n, err := files.Decode(context.Background(), other)
	return err == nil && m.Width == n.Width && m.Height == n.Height && m.Channels == n.Channels && m.Type == n.Type &&
		bytes.Equal(m.Data, n.Data)
}

// twoValued is the share of a picture's pixels, 0..1, that are labelled where it has two values at most, otherwise −1.
func twoValued(dir, file string) float64 {
	m, err := files.Picture(context.Background(), filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		return -1
	}
	label, err := m.Label(0)
	if err != nil {
		return -1
	}
	n := 0
	for _, v := range label.Mask {
		n += int(v)
	}
	return float64(n) / float64(len(label.Mask))
}

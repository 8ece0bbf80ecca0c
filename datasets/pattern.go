package datasets

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/text/unicode/norm"

	"r2unet/datasets/files"
)

// pattern is how files of a folder are called. Upper and lower case, and composed and decomposed letters, are the same.
type pattern struct {
	text   string         // as in the TOML file, normalized
	base   string         // of images: the folders that it begins with, without * and ?
	around *regexp.Regexp // of images: what the single * in the name stands for; nil where it has none or several
}

var placeholder = regexp.MustCompile(`\{[^{},]*\}`)

// newPattern checks a pattern. One that names a file by its image has placeholders, and images is the image's.
func newPattern(text string, names bool, images *pattern) (*pattern, error) {
	p := &pattern{text: norm.NFC.String(text)}
	if strings.Contains(text, `\`) {
		return nil, errors.New(`folders are separated by / on every system`)
	}
	shape, found := p.text, 0
	for _, hold := range placeholder.FindAllString(p.text, -1) {
		switch known := slices.Contains([]string{"{stem}", "{dir}", "{*}"}, hold); {
		case !names:
			return nil, fmt.Errorf("%s is for labels and fov; here take * for it", hold)
		case !known:
			return nil, fmt.Errorf("%s is not known; there are {stem}, {*} and {dir}", hold)
		case hold == "{*}" && (images == nil || images.around == nil):
			return nil, errors.New("{*} stands for what the * in the name of images does, and that has not exactly one")
		}
		found++
		shape = strings.Replace(shape, hold, "x", 1)
	}
	if names && found == 0 {
		return nil, errors.New("names the same file for all images: it needs {stem}, the image's name without its " +
			"ending, {*} or {dir}")
	}
	if !localPath(shape) || !doublestar.ValidatePattern(shape) {
		return nil, errors.New("must be a path below the dataset's folder, in which * and ? stand for letters of a " +
			"name, ** for any folders, {png,jpg} for one of several")
	}
	if !names {
		p.base, _ = doublestar.SplitPattern(p.text)
		name := path.Base(p.text)
		if dot := strings.LastIndexByte(name, '.'); dot > 0 {
			name = name[:dot]
		}
		if before, after, ok := strings.Cut(name, "*"); ok && !strings.ContainsAny(before+after, "*?[]{}") {
			p.around = regexp.MustCompile("(?i)^" + regexp.QuoteMeta(before) + "(.*)" + regexp.QuoteMeta(after) + "$")
		}
	}
	return p, nil
}

// listing is the files of a folder, to be found by patterns.
type listing struct {
	paths  []string // as they are
	folded []string // the same, by which they are sorted and compared
}

// fold writes a path so that equal ones are equal letter by letter.
func fold(p string) string { return strings.ToLower(norm.NFC.String(p)) }

func newListing(paths []string) *listing {
	l := &listing{paths: slices.Clone(paths)}
	slices.SortFunc(l.paths, func(a, b string) int {
		if c := strings.Compare(fold(a), fold(b)); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	for _, p := range l.paths {
		l.folded = append(l.folded, fold(p))
	}
	return l
}

// glob lists the files that a pattern without placeholders stands for, sorted without regard to case.
func (l *listing) glob(text string) (found []string) {
	text = fold(text)
	prefix := unescaped(text[:metaAt(text)])
	for i := sort.SearchStrings(l.folded, prefix); i < len(l.folded) && strings.HasPrefix(l.folded[i], prefix); i++ {
		if ok, err := doublestar.Match(text, l.folded[i]); ok && err == nil {
			found = append(found, l.paths[i])
		}
	}
	return found
}

// exact is the file of a path: letter by letter, or, where there is only one such, without regard to case.
func (l *listing) exact(p string) (string, bool) {
	if slices.Contains(l.glob(escaped(p)), p) {
		return p, true
	}
	if found := l.glob(escaped(path.Clean(p))); len(found) == 1 {
		return found[0], true
	}
	return "", false
}

const meta = `*?[]{}\`

// metaAt is where the part of a pattern begins that stands for several texts.
func metaAt(text string) int {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
		case strings.IndexByte(meta, text[i]) >= 0:
			return i
		}
	}
	return len(text)
}

// escaped is the pattern of one text.
func escaped(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if strings.IndexByte(meta, text[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func unescaped(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// of is the pattern of the files that belong to an image, without placeholders. images is how images are called.
func (p *pattern) of(image string, images *pattern) string {
	image = norm.NFC.String(image)
	stem, _ := files.Stem(image)
	star, dir := stem, path.Dir(image)
	if images != nil {
		if images.around != nil {
			if m := images.around.FindStringSubmatch(stem); m != nil {
				star = m[1]
			}
		}
		if images.base != "." && len(dir) >= len(images.base) {
			dir = strings.TrimPrefix(dir[len(images.base):], "/")
		}
	}
	if dir == "" {
		dir = "."
	}
	text := strings.NewReplacer("{stem}", escaped(stem), "{*}", escaped(star), "{dir}", escaped(dir)).Replace(p.text)
	return path.Clean(text)
}

// any is the pattern of all files that may belong to some image; "" where that cannot be said.
func (p *pattern) any() string {
	if strings.Contains(p.text, "..") {
		return ""
	}
	return path.Clean(strings.NewReplacer("{stem}", "*", "{*}", "*", "{dir}", "**").Replace(p.text))
}

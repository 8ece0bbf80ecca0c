package datasets

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"r2unet/datasets/files"
)

// passedOver hints at pictures that are called like images or labels and that no pattern takes, such as those with
// another ending or in another folder. What a list leaves out, it leaves out on purpose.
func (p *pairing) passedOver() {
	if p.images == nil || p.labels == nil || p.list != "" || len(p.copy.Entries) == 0 {
		return
	}
	images, labels := map[string]bool{}, map[string]bool{}
	for _, e := range p.copy.Entries {
		images[e.Image], labels[withoutEnding(e.Label)] = true, true
	}
	var names []string // of all files but images
	for _, file := range p.listing.paths {
		if !images[file] {
			names = append(names, path.Base(file))
		}
	}
	among := newListing(names)
	var passed, second []string
	for _, file := range p.copy.Others {
		switch _, picture := files.Stem(file); {
		case !picture:
		case p.likeImage(file) && p.labelNamed(file, among):
			passed = append(passed, file)
		case labels[withoutEnding(file)]:
			second = append(second, file)
		}
	}
	if n := len(passed); n > 0 {
		p.copy.Hints = append(p.copy.Hints, fmt.Sprintf("%s left out by images = %q, such as %s: change the pattern, "+
			"or move such files away", counted1(n, "picture that is called like an image is",
			"pictures that are called like images are"), p.images.text, passed[0]))
	}
	if n := len(second); n > 0 {
		p.copy.Hints = append(p.copy.Hints, fmt.Sprintf("%s left out, such as %s: look which of the two is right, and "+
			"move the other away", counted1(n, "picture that is called like a label but for its ending is",
			"pictures that are called like labels but for their endings are"), second[0]))
	}
}

// withoutEnding is a path without the ending of a picture, written so that equal ones are equal letter by letter.
func withoutEnding(file string) string {
	stem, _ := files.Stem(file)
	return fold(joinFolder(path.Dir(file), stem))
}

// likeImage reports whether a file has the name of an image, but for folder and ending, and lies among images: in a
// folder that is named for them, or below the first one that their pattern names.
func (p *pairing) likeImage(file string) bool {
	stem, _ := files.Stem(file)
	name := path.Base(p.images.text)
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	if ok, err := doublestar.Match(fold(name), fold(stem)); !ok || err != nil {
		return false
	}
	top, _, _ := strings.Cut(p.images.base, "/")
	switch files.FolderRole(file) {
	case files.Image:
		return true
	case 0:
		return top == "." || strings.HasPrefix(fold(file), fold(unescaped(top))+"/")
	}
	return false
}

// labelNamed reports whether another of the names of files is that of the label of an image.
func (p *pairing) labelNamed(image string, names *listing) bool {
	label, own := path.Base(p.labels.of(image, p.images)), 0
	if ok, err := doublestar.Match(fold(label), fold(path.Base(image))); ok && err == nil {
		own = 1
	}
	return len(names.glob(label)) > own
}

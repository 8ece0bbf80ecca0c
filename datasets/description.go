// Package datasets reads the five datasets of Alom et al. 2018 as their owners distribute them and turns them into training samples and
// test images: finding and pairing files, protocols and folds, patches and whole images, preprocessing and augmentation.
//
// Open finds a dataset, or draws a phantom of it where it is missing. TrainSource and ValidationSource give samples, Stream turns a
// source into batches, Load gives whole images for testing. Everything random is a function of the seed.
package datasets

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// Description is what is known about a dataset: how its files are named and what they are known to contain.
type Description struct {
	Name    string   // as in Config.Name
	Folders []string // usual names of its folder, upper or lower case
	Files   string   // what a file name looks like, for messages

	// Match tells what a file is from its path below the dataset's folder.
	Match func(path string) (files.Match, bool)

	// Foreign names the other dataset that a file of this one's names really belongs to, "" where its folders tell of none; nil = never.
	Foreign func(path string) string

	Splits         []string // values of Config.Split, the dataset's own protocol first
	Photograph     bool     // a fundus photograph, with a round field of view
	Colour         bool     // rgb is the usual input
	CT             bool     // grey CT numbers, to be windowed
	SecondObserver bool     // there are labels of a second observer
	SquareCrop     bool     // crop = "square" is possible
	CommonNames    bool     // other collections have images of these names, too
	SubjectNames   bool     // file names tell which images are of one person

	Official Official

	split func(entries []files.Entry, c Config, seed uint64) ([]Split, error)
}

// Official is what a complete, official copy contains; zero where it is not known or varies.
type Official struct {
	Images        map[string]int // labelled images by part; part "" where the layout has none
	Width, Height int            // px
	Counts        []Count
}

// Count is a published number of pixels of the first observer's labels.
type Count struct {
	Part       string // of the dataset, "" = all
	Inside     bool   // inside of the field of view only
	Positive   int    // labelled pixels
	Background int    // the others
}

var descriptions = map[string]*Description{}

// register adds a dataset; each calls it from the init of its own file.
func register(d Description) { descriptions[d.Name] = &d }

// Names lists the known datasets, sorted.
func Names() []string {
	var names []string
	for name := range descriptions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Describe finds a dataset by its name.
func Describe(name string) (*Description, error) {
	if d := descriptions[name]; d != nil {
		return d, nil
	}
	for known, d := range descriptions {
		if slices.ContainsFunc(append(d.Folders, known), func(s string) bool { return strings.EqualFold(s, name) }) {
			return nil, fmt.Errorf("there is no such dataset; did you mean %q?", known)
		}
	}
	return nil, fmt.Errorf("there is no such dataset; there are %s", strings.Join(Names(), ", "))
}

// inputs lists the values of Config.Input, after the empty one the usual one.
func (d *Description) inputs() []string {
	switch {
	case d.CT:
		return []string{"", "grey"}
	case d.Colour:
		return []string{"", "rgb", "grey", "green"}
	default:
		return []string{"", "grey", "green", "rgb"}
	}
}

func (d *Description) crops() []string {
	if d.SquareCrop {
		return []string{"", "square"}
	}
	return []string{""}
}

func (d *Description) samplings() []string {
	if d.Photograph {
		return []string{"", "uniform", "fov", "balanced"}
	}
	return []string{"", "uniform", "balanced"}
}

// Package datasets reads datasets as their owners distribute them, the five of Alom et al. 2018 and those that others
// register, and turns them into training samples and test images: finding and pairing files, protocols and folds,
// patches and whole images, preprocessing and augmentation. A dataset is one file, which registers a Description.
//
// Open finds a dataset, or draws a phantom of it where it is missing. A Fold has a split and the sources of its
// samples: Stream turns a source into batches, Load returns whole images for testing. Everything random is a function
// of the seed.
package datasets

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
)

// Description is a dataset: how its files are named, how they are divided, and what they are known to contain. Where
// a program registers one, Open, verify and the TOML file know it by its name.
type Description struct {
	// Name is that of Config.Name; tables and figures show it.
	Name string
	// Folders are the usual names of its folder below the data folder, upper or lower case; none = Name.
	Folders []string
	// Files is what a file name looks like, for messages.
	Files string

	// Match tells what a file is from its path below the dataset's folder, which has slashes on every system. The
	// name of an image is made of letters, digits and - _ . ; results are called by it.
	Match func(path string) (files.Match, bool)

	// Foreign names the other dataset that a file of this one's names really belongs to, "" where its folders tell of
	// none; nil = never.
	Foreign func(path string) string

	// Splits are the ways to divide the images, the usual one first.
	Splits []Protocol
	// Crops are the parts of images that Config.Crop can choose.
	Crops []Crop

	Photograph     bool // a fundus photograph, with a round field of view
	Colour         bool // rgb is the usual input
	Grey           bool // images are grey by nature; otherwise grey ones are warned of
	SecondObserver bool // there are labels of a second observer
	CommonNames    bool // other collections have images of these names, too
	SubjectNames   bool // file names tell which images are of one person

	// CT says that images are grey CT numbers. Window are those that become 0 and 1 unless Config.Window has others,
	// HU.
	CT     bool
	Window [2]float64
	// AnyValues says that those are other values than CT numbers, of which it is not known what is plausible.
	AnyValues bool

	Official Official

	// Phantom draws files like the dataset's into a folder, the same ones for the same options, for whoever has not
	// the dataset; nil = it cannot be drawn.
	Phantom func(ctx context.Context, dir string, o phantom.Options) error

	masks  bool    // of fields of view may be there, of any shape
	folder *folder // of kind = "folder"; nil for registered datasets
}

// Crop keeps some rows of an image, at its full width.
type Crop struct {
	Name        string // value of Config.Crop
	First, Last int    // rows that are kept, counted from 1
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

// noWindow is in the recipes of pictures without CT numbers, which do not use it: the names of their prepared images
// in the cache hold it.
var noWindow = [2]float64{-1000, 400}

var descriptions = map[string]*Description{}

// Register adds a dataset, from the init of its own file. It panics where the name is taken or where Match, Splits or
// a CT window are missing.
func Register(d Description) {
	switch {
	case d.Name == "" || d.Match == nil || len(d.Splits) == 0:
		panic(fmt.Sprintf("datasets.Register: %q needs a name, Match and Splits", d.Name))
	case descriptions[d.Name] != nil:
		panic(fmt.Sprintf("datasets.Register: %q is registered twice", d.Name))
	case d.CT && d.Window == [2]float64{}:
		panic(fmt.Sprintf("datasets.Register: %q has CT numbers and needs a Window", d.Name))
	}
	if len(d.Folders) == 0 {
		d.Folders = []string{d.Name}
	}
	if !d.CT {
		d.Window = noWindow
	}
	descriptions[d.Name] = &d
}

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
func (d *Description) inputs() []string { return append([]string{""}, d.Inputs()...) }

// Inputs lists what Config.Input may be, the usual one first.
func (d *Description) Inputs() []string {
	switch {
	case d.CT:
		return []string{"grey"}
	case d.Colour:
		return []string{"rgb", "grey", "green"}
	default:
		return []string{"grey", "green", "rgb"}
	}
}

// crops lists the values of Config.Crop.
func (d *Description) crops() []string {
	names := []string{""}
	for _, c := range d.Crops {
		names = append(names, c.Name)
	}
	return names
}

// crop is the one of a name; zero for whole images.
func (d *Description) crop(name string) Crop {
	if i := slices.IndexFunc(d.Crops, func(c Crop) bool { return c.Name == name }); i >= 0 {
		return d.Crops[i]
	}
	return Crop{}
}

// SplitNames lists the values of Config.Split that the dataset has of its own, the usual one first.
func (d *Description) SplitNames() []string {
	var names []string
	for _, p := range d.Splits {
		names = append(names, p.Name)
	}
	return names
}

// protocol is the one of a name, nil where the dataset has none of it, such as kfold.
func (d *Description) protocol(name string) *Protocol {
	if i := slices.IndexFunc(d.Splits, func(p Protocol) bool { return p.Name == name }); i >= 0 {
		return &d.Splits[i]
	}
	return nil
}

func (d *Description) samplings() []string {
	if d.Photograph || d.masks {
		return []string{"", "uniform", "fov", "balanced"}
	}
	return []string{"", "uniform", "balanced"}
}

func (d *Description) lossRegions() []string {
	if slices.Contains(d.samplings(), "fov") {
		return []string{"", "fov"}
	}
	return []string{""}
}

package datasets

import (
	"fmt"
	"slices"

	"r2unet/datasets/cache"
)

// Facts is what a run records about its data.
type Facts struct {
	Name    string   `json:"name"`
	Phantom bool     `json:"phantom"`
	Source  string   `json:"source"` // the folder, or how the phantom was drawn
	Notes   []string `json:"notes"`  // what a reader of a table should know, such as missing test labels
	Images  int      `json:"images"` // labelled ones

	// Published says how many of the published images were at hand, by part; none for a phantom, and where that is
	// not known.
	Published []Part `json:"published,omitempty"`

	// Warnings say what makes results on these data doubtful. Those that need the pixels are there once Prepare has
	// read them.
	Warnings []string `json:"warnings,omitempty"`

	Width  [2]int `json:"width"`  // smallest and largest native width, px
	Height [2]int `json:"height"` // smallest and largest native height, px
	FOV    string `json:"fov"`    // "file", "generated", "file or generated", or "" where everything counts
	// Hash is the first 160 bits of a SHA-256 over names and contents of all images, labels and masks, and over the
	// parts and patients of an own folder.
	Hash   string  `json:"hash"`
	Splits []Split `json:"splits"` // one a fold
}

// Part counts the labelled images of a part of a dataset.
type Part struct {
	Name      string `json:"name,omitempty"` // "train", "validation" or "test"; empty where the dataset has no parts
	Images    int    `json:"images"`         // at hand
	Published int    `json:"published"`
}

// published counts the images at hand by part, in the order of training and testing.
func (ds *Dataset) published() []Part {
	if ds.Phantom {
		return nil
	}
	there := map[string]int{}
	for _, e := range ds.copy.Entries {
		there[e.Part]++
	}
	official := ds.description.Official.Images
	if _, undivided := official[""]; undivided && len(official) == 1 {
		return []Part{{"", len(ds.copy.Entries), official[""]}} // whatever parts this copy was given
	}
	var parts []Part
	for _, name := range []string{"train", "validation", "test"} {
		if n, known := official[name]; known {
			parts = append(parts, Part{name, there[name], n})
			delete(there, name)
		}
	}
	return parts
}

// Facts describes the opened dataset.
func (ds *Dataset) Facts() Facts {
	f := Facts{
		Name: ds.Name, Phantom: ds.Phantom, Source: ds.copy.Dir, Notes: append([]string{}, ds.copy.Notes...),
		Images: len(ds.images), Published: ds.published(), Splits: ds.splits(),
	}
	if ds.Phantom {
		f.Source = fmt.Sprintf("phantom drawn from seed %d", phantomSeed)
	}
	f.Warnings = ds.warned()
	if text := ds.repeated(f.Splits); text != "" {
		f.Warnings = append(f.Warnings, text)
	}
	f.Notes = append(f.Notes, ds.TestNotes()...)
	var parts []string
	masks := 0
	for i, e := range ds.copy.Entries {
		m := ds.images[e.ID]
		w, h := m.image.Width, m.image.Height
		if i == 0 {
			f.Width, f.Height = [2]int{w, w}, [2]int{h, h}
		}
		f.Width = [2]int{min(f.Width[0], w), max(f.Width[1], w)}
		f.Height = [2]int{min(f.Height[0], h), max(f.Height[1], h)}
		parts = append(parts, e.ID, m.image.SHA256, m.label.SHA256, m.mask.SHA256)
		if ds.description.folder != nil { // the matrix and a list tell them, and may come to tell others
			parts = append(parts, e.Part, e.Subject)
		}
		if e.FOV != "" {
			masks++
		}
	}
	f.Hash = cache.Key(parts...)
	switch {
	case masks == len(ds.images):
		f.FOV = "file"
	case ds.description.Photograph && masks == 0:
		f.FOV = "generated"
	case ds.description.Photograph:
		f.FOV = "file or generated"
	}
	return f
}

// repeated says which test images have the same file as images that the network is trained or chosen on; "" if none
// has. verify compares pixels.
func (ds *Dataset) repeated(splits []Split) string {
	count, example := map[string]bool{}, ""
	for _, s := range splits {
		seen := map[string]string{}
		for _, id := range slices.Concat(s.Train, s.Validation) {
			seen[ds.images[id].image.SHA256] = id
		}
		for _, id := range s.Test {
			other, both := seen[ds.images[id].image.SHA256]
			if !both {
				continue
			}
			if count[id] = true; example == "" {
				example = fmt.Sprintf("%s, which is %s there", id, other)
			}
		}
	}
	switch len(count) {
	case 0:
		return ""
	case 1:
		return "a test image is also among those that train or validate: " + example
	}
	return fmt.Sprintf("%d test images are also among those that train or validate, such as %s", len(count), example)
}

// TestNotes are the notes of Facts that are about the test images alone.
func (ds *Dataset) TestNotes() (notes []string) {
	n := ds.heldOut()
	if n == 0 {
		return nil
	}
	if len(ds.copy.Unlabelled) == 0 {
		notes = append(notes, "the test part is missing")
	}
	return append(notes, fmt.Sprintf("tested on %d held-out training images", n))
}

// heldOut is how many images of the training part are tested where the protocol tests those of the test part.
func (ds *Dataset) heldOut() (n int) {
	if p := ds.description.protocol(ds.config.Split); p == nil || !p.TestPart {
		return 0
	}
	for _, e := range ds.copy.Entries {
		if e.Part == "train" && slices.Contains(ds.folds[0].Test, e.ID) {
			n++
		}
	}
	return n
}

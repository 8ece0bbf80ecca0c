package datasets

import (
	"fmt"
	"slices"

	"r2unet/datasets/files"
)

// Protocol is a way to divide a dataset's labelled images, a value of Config.Split.
type Protocol struct {
	Name string

	// Divide gives one split a fold, a function of its arguments alone. Where Config wants validation images and a
	// split has none, a tenth of its training images is held out.
	Divide func(entries []files.Entry, seed uint64) ([]Split, error)

	// TestPart says that the images of the test part are those that are tested. Where the copy has none, and training
	// images are tested in their place, no number of the dataset can be compared with the result, and every table
	// says so.
	TestPart bool
}

// ByPart is the protocol of a dataset whose files or folders tell a training and a test part, and perhaps a
// validation part: it tests on the test part or, where that has no labels, on a quarter of the images, whole
// patients, drawn from the seed.
var ByPart = Protocol{Name: "official", Divide: partsOrHeldOut, TestPart: true}

func partsOrHeldOut(entries []files.Entry, seed uint64) ([]Split, error) {
	s := Parts(entries)
	if len(s.Test) > 0 {
		return []Split{s}, nil
	}
	return Drawn(entries, 0, (len(entries)+3)/4, ByPatient, seed)
}

// Parts divides images by the parts that Match has told.
func Parts(entries []files.Entry) (s Split) {
	for _, e := range entries {
		switch e.Part {
		case "train":
			s.Train = append(s.Train, e.ID)
		case "validation":
			s.Validation = append(s.Validation, e.ID)
		case "test":
			s.Test = append(s.Test, e.ID)
		}
	}
	return s
}

// LeaveOneOut tests each image once, with the images of all other patients as training images.
func LeaveOneOut(entries []files.Entry, _ uint64) ([]Split, error) {
	all := make([]Split, len(entries))
	for i, tested := range entries {
		all[i].Test = []string{tested.ID}
		for _, e := range entries {
			if e.Subject != tested.Subject {
				all[i].Train = append(all[i].Train, e.ID)
			}
		}
	}
	return all, nil
}

// ByImage draws single images.
func ByImage(e files.Entry) string { return e.ID }

// ByPatient draws whole patients, so that no patient is on two sides of a split.
func ByPatient(e files.Entry) string { return e.Subject }

// Drawn draws a single split: about as many images as asked for to validate and to test, in whole units; the rest
// trains.
func Drawn(entries []files.Entry, validation, test int, unit func(files.Entry) string, seed uint64) ([]Split, error) {
	var s Split
	for _, group := range shuffled(entries, unit, seed) {
		switch {
		case len(s.Test) < test:
			s.Test = append(s.Test, group...)
		case len(s.Validation) < validation:
			s.Validation = append(s.Validation, group...)
		default:
			s.Train = append(s.Train, group...)
		}
	}
	return []Split{s}, nil
}

// kFold deals the patients out to k folds of nearly equal numbers of images and tests each fold with the others as
// training images.
func kFold(entries []files.Entry, k int, seed uint64) ([]Split, error) {
	groups := shuffled(entries, ByPatient, seed)
	if len(groups) < k {
		return nil, fmt.Errorf("folds = %d: there are only %d patients", k, len(groups))
	}
	parts := make([][]string, k)
	for _, group := range groups {
		smallest := 0
		for i := range parts {
			if len(parts[i]) < len(parts[smallest]) {
				smallest = i
			}
		}
		parts[smallest] = append(parts[smallest], group...)
	}
	all := make([]Split, k)
	for i := range all {
		for j, part := range parts {
			if i == j {
				all[i].Test = slices.Clone(part)
			} else {
				all[i].Train = append(all[i].Train, part...)
			}
		}
	}
	return all, nil
}

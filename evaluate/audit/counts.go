package audit

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// counts.csv has the numbers of labelled and other pixels of the images that published tables were tested on, by the
// first observer (STARE: ah): DRIVE's test images with their owners' masks, STARE and CHASE_DB1 with fields of view
// made from the images (datasets/fov). It is what these commands write, without DRIVE's training images:
//
//	go run ./cmd/verify -data ~/datasets -dataset DRIVE -counts drive.csv    # and STARE, CHASE_DB1
//
//go:embed counts.csv
var countsFile string

// pixels is the numbers of an image's pixels.
type pixels struct{ foreground, background float64 }

func (p pixels) share() float64 { return p.foreground / (p.foreground + p.background) }

// A region is the pixels of an image that count.
type region string

const (
	insideFOV region = "inside the FOV"
	allPixels region = "over all pixels"
)

// A testSet is the images that rows of a dataset may have been tested on.
type testSet struct {
	dataset, name string
	images        map[region][]pixels
	// drawn is the number of images that were tested if it is not known which; 0 = all of images.
	drawn int
}

// testSets lists the test sets that protocols of the literature use. The paper drew 8 of CHASE_DB1's 28 images and does
// not say which.
var testSets = sync.OnceValue(func() []testSet {
	read := func(dataset string, keep func(image string) bool) map[region][]pixels {
		found := map[region][]pixels{}
		rows, err := csv.NewReader(strings.NewReader(countsFile)).ReadAll()
		if err != nil {
			panic(fmt.Sprintf("counts.csv: %v", err)) // it is part of the program
		}
		for _, row := range rows[1:] {
			if row[0] != dataset || !keep(row[2]) {
				continue
			}
			var n [4]float64
			for i := range n {
				if n[i], err = strconv.ParseFloat(row[3+i], 64); err != nil {
					panic(fmt.Sprintf("counts.csv: %v", err))
				}
			}
			found[allPixels] = append(found[allPixels], pixels{n[0], n[1]})
			found[insideFOV] = append(found[insideFOV], pixels{n[2], n[3]})
		}
		return found
	}
	all := func(string) bool { return true }
	children := func(image string) bool { return image >= "Image_11" }
	return []testSet{
		{"DRIVE", "the 20 test images", read("DRIVE", all), 0},
		{"STARE", "all 20 images", read("STARE", all), 0},
		{"CHASE_DB1", "the 8 images of children 11 to 14", read("CHASE_DB1", children), 0},
		{"CHASE_DB1", "all 28 images", read("CHASE_DB1", all), 0},
		{"CHASE_DB1", "any 8 images", read("CHASE_DB1", all), 8},
	}
})

// total returns the pixels of all images.
func total(images []pixels) (sum pixels) {
	for _, p := range images {
		sum.foreground += p.foreground
		sum.background += p.background
	}
	return sum
}

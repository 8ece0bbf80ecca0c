package segment

import "r2unet/datasets"

// area is the size of a class in a mask.
type area struct {
	Index  int     `json:"index"` // in masks of several classes
	Class  string  `json:"class"`
	Pixels int     `json:"pixels"`
	Share  float64 `json:"share"` // of the field of view, or of the picture where there is none
}

// areas returns the areas of all classes but the background, and the number of pixels that they are shares of.
func (r prediction) areas() (areas []area, pixels int) {
	names := r.classes.Names()
	if names == nil {
		names = []string{"background", "foreground"}
	}
	counts := make([]int, max(len(names), 1+int(datasets.NoClass)))
	for i, class := range r.mask {
		if r.fov == nil || r.fov[i] != 0 {
			counts[class]++
			pixels++
		}
	}
	for i, name := range names[1:] {
		a := area{Index: i + 1, Class: name, Pixels: counts[i+1]}
		if pixels > 0 {
			a.Share = float64(a.Pixels) / float64(pixels)
		}
		areas = append(areas, a)
	}
	return areas, pixels
}

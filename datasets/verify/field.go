package verify

import (
	"fmt"

	"r2unet/datasets"
	"r2unet/datasets/fov"
	"r2unet/datasets/raster"
)

// field is the result of checking an image's field of view.
type field struct {
	known       bool    // false if it could not be checked; then the others are zero
	shipped     bool    // from a mask in the copy
	share       float64 // of the image, 0–1
	dice        float64 // of a shipped mask with the one generated from the image
	circularity float64 // of a generated mask
}

// checkField compares a shipped mask, nil if there is none, with the one generated from the image, and returns the one
// that a sweep uses.
func (m *checked) checkField(picture *raster.Image, shipped []uint8) (used []uint8) {
	made := fov.Generate(picture)
	if shipped == nil {
		used = made
		m.field.circularity = fov.Circularity(made, picture.Width, picture.Height)
		switch {
		case m.FOV != "": // the mask is broken, which has been reported
		case fov.Whole(made):
			m.add(Warning, m.Image, "has no dark border to tell its field of view by; the whole image counts")
		case m.field.circularity < fov.Round:
			m.add(Warning, m.Image, fmt.Sprintf("the field of view made from this image is no disc: "+
				"its circularity is %.3f, and sound photographs have %.2f and more; "+
				"look at the image, or lay a mask beside it", m.field.circularity, fov.Round))
		}
	} else {
		used = shipped
		m.field.shipped, m.field.dice = true, fov.Dice(shipped, made)
		switch err := fov.Check(shipped, made); {
		case err != nil:
			m.add(Error, m.FOV, err.Error())
		case fov.Agreement(shipped, made) < fov.Agree:
			m.add(Warning, m.FOV, fmt.Sprintf("this field-of-view mask disagrees with the one made from the image: "+
				"their Dice is %.3f, and sound ones have %.2f and more", m.field.dice, fov.Agree))
		case fov.Agreement(shipped, made) < goodDice:
			m.add(Note, m.FOV, fmt.Sprintf(
				"the mask made from the image agrees with this one to a Dice of %.4f; the goal is %.2f",
				m.field.dice, goodDice))
		}
	}
	m.field.known = true
	for _, v := range used {
		m.field.share += float64(v) / float64(len(used))
	}
	return used
}

// goodDice is the Dice that a mask generated from a photograph should have with a shipped one.
const goodDice = 0.99

// compareFOV summarizes where the fields of view come from. It adds nothing if no image could be read.
func (out *Dataset) compareFOV(d *datasets.Description, images []checked) {
	if !d.Photograph {
		return
	}
	f := &FOV{Share: [2]float64{1, 0}}
	for _, m := range images {
		if !m.field.known {
			continue
		}
		f.Share = [2]float64{min(f.Share[0], m.field.share), max(f.Share[1], m.field.share)}
		if m.field.shipped {
			f.Shipped++
			f.Dice = append(f.Dice, Dice{m.ID, m.field.dice})
		} else {
			f.Generated++
			f.Circularity = append(f.Circularity, Circularity{m.ID, m.field.circularity})
		}
	}
	if f.Shipped+f.Generated > 0 {
		out.FOV = f
	}
}

package verify

import (
	"fmt"

	"r2unet/datasets"
	"r2unet/datasets/fov"
	"r2unet/datasets/raster"
)

// field is what the check of an image's field of view gives.
type field struct {
	known       bool    // there is one; the others are zero if not
	shipped     bool    // it came with the image
	share       float64 // of the image that it covers
	dice        float64 // of a shipped one with the one made from the image
	circularity float64 // of a made one
}

// checkField holds a shipped mask, nil if there is none, against the one made from the image, and gives the one that a sweep uses.
func (m *checked) checkField(picture *raster.Image, shipped []uint8) (used []uint8) {
	made := fov.Generate(picture)
	if shipped == nil {
		used = made
		m.field.circularity = fov.Circularity(made, picture.Width, picture.Height)
		switch {
		case m.FOV != "": // is broken, which has been said
		case fov.Whole(made):
			m.add(Warning, m.Image, "has no dark border to tell its field of view by; the whole image counts")
		case m.field.circularity < fov.Round:
			m.add(Warning, m.Image, fmt.Sprintf("the field of view made from this image is no disc: its circularity is %.3f, and sound photographs have %.2f and more; "+
				"look at the image, or lay a mask beside it", m.field.circularity, fov.Round))
		}
	} else {
		used = shipped
		m.field.shipped, m.field.dice = true, fov.Dice(shipped, made)
		switch err := fov.Check(shipped, made); {
		case err != nil:
			m.add(Error, m.FOV, err.Error())
		case fov.Agreement(shipped, made) < fov.Agree:
			m.add(Warning, m.FOV, fmt.Sprintf("this field-of-view mask disagrees with the one made from the image: their Dice is %.3f, and sound ones have %.2f and more", m.field.dice, fov.Agree))
		case fov.Agreement(shipped, made) < goodDice:
			m.add(Note, m.FOV, fmt.Sprintf("the mask made from the image agrees with this one to a Dice of %.4f; the goal is %.2f", m.field.dice, goodDice))
		}
	}
	m.field.known = true
	for _, v := range used {
		m.field.share += float64(v) / float64(len(used))
	}
	return used
}

// goodDice is how well a mask made from a photograph should agree with a shipped one.
const goodDice = 0.99

// compareFOV sums up where the fields of view come from. It says nothing where no image could be read.
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

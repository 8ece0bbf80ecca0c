package datasets

import (
	"slices"

	"r2unet/datasets/raster"
)

// warnOfTurns warns of images whose orientation tag does not show in their sizes: whether their labels were drawn on
// the turned pictures cannot be seen.
func (ds *Dataset) warnOfTurns() {
	var turned []string
	for _, e := range ds.copy.Entries {
		if f := ds.images[e.ID]; f.image.Orientation > 1 &&
			(f.image.Orientation < 5 || f.image.Width == f.image.Height) {
			turned = append(turned, e.Image)
		}
	}
	if len(turned) > 0 {
		ds.warn("%d of %d images, such as %s, are turned by their orientation tag; their labels must have been drawn "+
			"on the turned pictures", len(turned), len(ds.copy.Entries), turned[0])
	}
}

// asOpaque is what is done with transparent pictures, which datasets have no use for.
const asOpaque = "transparent in parts, and their colours are used as if they were opaque"

// judgeAlpha warns of transparent images of a fold: what a viewer shows of them is not what is used.
func (ds *Dataset) judgeAlpha(ids []string) {
	first, n := "", 0
	ds.mu.Lock()
	for _, id := range ids {
		if ds.transparent[id] {
			if n++; n == 1 {
				first = ds.images[id].Image
			}
		}
	}
	ds.mu.Unlock()
	if n > 0 {
		ds.warn("%d of %d images, such as %s, are %s", n, len(ids), first, asOpaque)
	}
}

// judgeSamples warns of images of a fold whose samples are of another type than those of most, such as one of 16 bits
// among others of 8: each is divided by the white of its own type, which may be far above its values, or one window is
// for all. CT numbers are the same in every type.
func (ds *Dataset) judgeSamples(ids []string) {
	d := ds.description
	if d.CT && !d.AnyValues {
		return
	}
	scale := "white is the largest value of each type"
	if d.CT {
		scale = "one window is for all"
	}
	ds.mu.Lock()
	count, most := map[raster.Type]int{}, raster.Type(0)
	for _, id := range ids {
		t := ds.types[id]
		if count[t]++; count[t] > count[most] {
			most = t
		}
	}
	at := slices.IndexFunc(ids, func(id string) bool { return ds.types[id] != most })
	other := raster.Type(0)
	if at >= 0 {
		other = ds.types[ids[at]]
	}
	ds.mu.Unlock()
	if at >= 0 {
		ds.warn("%d of %d images, such as %s of type %v, have samples of another type than the others' %v, and %s: "+
			"make them alike unless they are meant so", len(ids)-count[most], len(ids), ds.images[ids[at]].Image, other,
			most, scale)
	}
}

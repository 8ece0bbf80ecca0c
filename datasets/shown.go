package datasets

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

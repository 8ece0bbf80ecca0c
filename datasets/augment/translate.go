package augment

import "math"

// drawTranslate draws a shift of the sample in whole pixels, as torchvision's RandomAffine does.
func (c Config) drawTranslate(streams Streams, h, w int) (dx, dy int) {
	r := streams.draw("translate", c.Translate, c.TranslateP)
	if r == nil {
		return 0, 0
	}
	dx = int(math.RoundToEven(between(r, -1, 1) * c.Translate * float64(w)))
	dy = int(math.RoundToEven(between(r, -1, 1) * c.Translate * float64(h)))
	return dx, dy
}

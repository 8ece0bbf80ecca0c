package datasets

import (
	"context"
	"fmt"
	"math"

	"r2unet/datasets/cache"
	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

// Air is −1000 HU and water 0. A slice of lungs has much below 0, and hardly anything but bone above denseHU.
const (
	denseHU = 400
	// mostDense is the largest share of a slice, 0..1, that may lie above denseHU. The densest of 22 real slices has
	// 0.025.
	mostDense = 0.3
	// nearlyAll is the share of a slice, 0..1, which on one side of the window leaves nothing to see.
	nearlyAll = 0.99
	// Scanners store CT numbers in 12 bits or 16, from −1024 or −4096 on; padding may lie lower.
	leastHU, mostHU = -4096, 32_000
	// clippedHU is what only slices without lungs and air begin above; leastClipped is the share, 0..1, that has the
	// lowest value then.
	clippedHU, leastClipped = -500, 0.1
	// A slice whose air is at −2000 has a share of leastAir, 0..1, about there, and hardly mostTissue above 0, where
	// tissue is.
	leastAir, mostTissue = 0.2, 0.01
)

// numbers is what the values of a slice are like. Shares are of its finite values, 0..1.
type numbers struct {
	low, high    float64
	dense        float64 // above denseHU
	below, above float64 // at the window's ends and beyond
	shifted      float64 // where CT numbers lie when 32768 has been added
	// where negative CT numbers lie when 65536 has been added, and between them and the others
	wrapped, betweenWraps float64
	seen                  [2]float64 // the lowest and the highest in the window
	lowest                float64    // exactly the lowest
	tooLow                float64    // below leastHU, but for the lowest, which may be padding
	// where air lies when 1024 has been subtracted twice, but for the lowest; and above 0
	deep, tissue float64
}

func measureCT(m *raster.Image, window [2]float64) numbers {
	n := numbers{low: math.Inf(1), high: math.Inf(-1), seen: [2]float64{math.Inf(1), math.Inf(-1)}}
	var count, dense, below, above, shifted, wrapped, between, lowest, tooLow, deep, tissue int
	for i := 0; i < m.Samples(); i += m.Channels {
		v := m.At(i)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		count++
		if v < n.low {
			if n.low < leastHU {
				tooLow += lowest // what seemed the lowest is not
			}
			lowest = 0
		}
		n.low, n.high = min(n.low, v), max(n.high, v)
		switch {
		case v == n.low:
			lowest++
		case v < leastHU:
			tooLow++
		}
		if v > -2300 && v < -1700 {
			deep++
		}
		if v > 0 {
			tissue++
		}
		if v > denseHU {
			dense++
		}
		if v > 31_000 && v < 36_864 {
			shifted++
		}
		if v >= 57_344 && v <= math.MaxUint16 {
			wrapped++
		}
		if v > 8192 && v < 57_344 {
			between++
		}
		if v <= window[0] {
			below++
		}
		if v >= window[1] {
			above++
		}
		clamped := min(max(v, window[0]), window[1])
		n.seen = [2]float64{min(n.seen[0], clamped), max(n.seen[1], clamped)}
	}
	share := func(of int) float64 { return float64(of) / float64(max(count, 1)) }
	n.lowest, n.tooLow, n.tissue, n.deep = share(lowest), share(tooLow), share(tissue), share(deep)
	if n.low > -2300 && n.low < -1700 {
		n.deep -= n.lowest
	}
	n.dense, n.below, n.above = share(dense), share(below), share(above)
	n.shifted, n.wrapped, n.betweenWraps = share(shifted), share(wrapped), share(between)
	return n
}

// CTFault says why the values of a slice cannot be CT numbers, which conversion they look like and what to do, or,
// with CT numbers, that a window shows one side of them only; "" if they can be CT numbers. short leaves out the
// values.
func CTFault(m *raster.Image, window [2]float64) (short, full string) {
	if m.Modality != "" && m.Modality != "CT" {
		short = fmt.Sprintf("is a DICOM file of modality %.16q, not CT", m.Modality)
		return short, short
	}
	if m.Type == raster.Uint8 {
		short = "has 8 bits, so somebody has windowed its CT numbers already; it is used as it is"
		return short, short
	}
	n := measureCT(m, window)
	if n.low > n.high {
		return "", ""
	}
	values := fmt.Sprintf("has values from %s to %s", plain(n.low), plain(n.high))
	short, remedy := n.conversion()
	switch {
	case n.low == n.high:
		return "has one value only", "has one value only, " + plain(n.low)
	case short != "" && n.low >= 0:
		values += ", none below 0, but CT numbers of air are about −1000"
	case short != "":
		values += ", which CT numbers do not have"
	case n.dense > mostDense:
		values += fmt.Sprintf(", %.0f %% of them above %d HU, where hardly anything but bone is", 100*n.dense, denseHU)
		short, remedy = "a constant such as 1024 seems to have been added", "subtract it"
	case n.below >= nearlyAll || n.above >= nearlyAll || n.seen[1]-n.seen[0] < (window[1]-window[0])/100:
		short = fmt.Sprintf("the window %g…%g makes nearly one grey of it", window[0], window[1])
		remedy = "choose another window, or convert the original slices again"
	case n.tooLow > 0.001 || n.high > mostHU:
		values += fmt.Sprintf(", but CT numbers lie from %d to %d", leastHU, mostHU)
		short, remedy = "they look multiplied, by 10 for example", "divide them, or convert the original slices again"
	case n.deep > leastAir && n.tissue < mostTissue:
		values += ", hardly any above 0, where tissue is, but many about −2000"
		short, remedy = "a constant such as 1024 seems to have been subtracted twice", "add it once"
	case n.low > clippedHU && n.lowest > leastClipped:
		values += fmt.Sprintf(", %.0f %% of them the lowest, but CT numbers of lungs and air lie below %d",
			100*n.lowest, clippedHU)
		short, remedy = "they look clipped to a window of soft tissue", "convert the original slices again without a "+
			"window"
	default:
		return "", ""
	}
	short += "; " + remedy
	return short, values + ": " + short
}

// plain writes a number without an exponent, whole where it is whole.
func plain(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

// conversion is what has been done to values that are no CT numbers, and what to do about it; "" where they may be.
func (n numbers) conversion() (looks, remedy string) {
	switch {
	case n.low >= 0 && n.high <= 1:
		return "they look scaled to 0..1", "scale them back"
	case n.low >= 0 && n.high <= 255:
		return "they look scaled to the 0..255 of 8 bits", "scale them back, or store them with 8 bits to have them " +
			"used as they are"
	case n.low >= 0 && n.shifted >= 0.5:
		return "32768 seems to have been added", "subtract it, and store signed numbers"
	case n.low >= 0 && n.wrapped > 0.001 && n.betweenWraps < 0.001:
		return "negative numbers seem to have been stored as unsigned ones, with 65536 added",
			"subtract it from those above 32767, and store signed numbers"
	case n.low >= 0 && n.high < 8192:
		return "a constant such as 1000 or 1024 seems to have been added", "subtract it"
	case n.low >= 0:
		return "they look scaled from minimum to maximum, to 16 bits for example",
			"convert the original slices again without scaling"
	case n.low < -30_000 && n.high > 30_000:
		return "32768 seems to have been added to unsigned numbers that are read as signed ones", "subtract it"
	case n.low >= -1.5 && n.high <= 1.5:
		return "they look scaled to −1..1", "scale them back"
	case n.low >= -32 && n.high <= 32:
		return "they look normalized to mean 0 and deviation 1",
			"convert the original slices again without normalization"
	}
	return "", ""
}

// judgeCT warns, once a dataset, of slices that hold no CT numbers. Slices from the cache are decoded again:
// prepared, they no longer show it.
func (ds *Dataset) judgeCT(ctx context.Context, ids []string) error {
	if !ds.description.CT || ds.description.AnyValues {
		return nil
	}
	faults := make([]string, len(ids))
	err := inOrder(ctx, len(ids), func(ctx context.Context, i int) (err error) {
		faults[i], err = ds.ctFault(ctx, ds.images[ids[i]])
		return err
	})
	if err != nil {
		return err
	}
	n, first := 0, -1
	for i, fault := range faults {
		if fault == "" {
			continue
		}
		if n++; first < 0 {
			first = i
		}
	}
	if n > 0 {
		ds.warn("%d of %d slices may hold no CT numbers, such as %s: %s",
			n, len(ids), ds.images[ids[first]].Image, faults[first])
	}
	return nil
}

// ctFault is the short CTFault of an image's file, looked for once.
func (ds *Dataset) ctFault(ctx context.Context, f *imageFiles) (string, error) {
	ds.mu.Lock()
	fault, known := ds.faults[f.ID]
	ds.mu.Unlock()
	if known {
		return fault, nil
	}
	pixels := min(int64(f.image.Width)*int64(f.image.Height), maxDecoding)
	if err := ds.decoding.Acquire(ctx, pixels); err != nil {
		return "", err
	}
	defer ds.decoding.Release(pixels)
	data, err := ds.unchanged(ds.path(f.Image), f.image)
	if err != nil {
		return "", err
	}
	picture, err := files.Decode(ctx, data)
	if err != nil {
		return "", fmt.Errorf("decode %s: %w", ds.path(f.Image), err)
	}
	return ds.keepFault(f, picture), nil
}

// keepFault remembers what CTFault says of an image in short.
func (ds *Dataset) keepFault(f *imageFiles, picture *raster.Image) string {
	fault, _ := CTFault(picture, ds.config.Window)
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.faults[f.ID] = fault
	return fault
}

// farExposed is how many times darker or lighter than the training images on average a picture is doubted. Values of
// twelve bits in samples of sixteen are sixteen times darker.
const farExposed = 6

// exposure says that a prepared picture is far darker or lighter than the images that the network was trained on; ""
// where it is not, or where nothing is known of these.
func (r Recipe) exposure(s *cache.Sample, samples raster.Type) string {
	trained, found := 0.0, 0.0
	for c, mean := range r.Normalization.Mean {
		trained += mean / float64(s.Channels)
		found += float64(s.Sums[c]) / (fullScale * float64(s.Channels*s.Width*s.Height))
	}
	word := "darker"
	switch {
	case trained <= 0 || found*farExposed > trained && found < trained*farExposed:
		return ""
	case found > trained:
		word = "lighter"
	}
	why := fmt.Sprintf("white is the largest value of its type, %v", samples)
	if r.CT {
		why = fmt.Sprintf("the window is %g to %g", r.Window[0], r.Window[1])
	}
	return fmt.Sprintf("is far %s than the images the network was trained on (mean intensity %.2g, theirs %.2g of 1): "+
		"%s; give it the values that those had", word, found, trained, why)
}

// doubt says why a picture is not of the kind that a network with this recipe was trained on; "" where it may be.
func (r Recipe) doubt(m *raster.Image) string {
	switch {
	case r.CT && m.Channels > 1:
		return "is in colour, but the network was trained on CT numbers; the first channel is used"
	case r.CT && r.AnyValues:
	case r.CT:
		_, full := CTFault(m, r.Window)
		return full
	case m.Channels < 3 && !r.Grey:
		return "is grey, but the network was trained on photographs, which are in colour"
	case m.Alpha != nil:
		return "is transparent in parts, and its colours are used as if they were opaque"
	}
	return ""
}

package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate/measures"
	"r2unet/evaluate/rank"
	"r2unet/evaluate/shape"
)

// DefaultThreshold is the paper's threshold: a pixel is foreground where its probability is at least this.
const DefaultThreshold = 0.5

// curvePoints bounds the points of a curve, about as many as a page can show.
const curvePoints = 500

// Options configures a [Collector]. The zero value measures as the paper does: at its threshold, without
// distances.
type Options struct {
	// Threshold in (0, 1]: a pixel is foreground where its probability is at least this; 0 means DefaultThreshold
	Threshold    float64
	Extra        []*measures.Measure // on-request measures to compute besides the others
	Masks        bool                // probabilities are zeros and ones: no measures that rank or average them
	MemoryPixels int                 // pixels held in memory for the exact AUC before spilling to files; 0 means 16 Mi
	TemporaryDir string              // where to spill; "" means the system's temporary folder
}

// Measures holds the measures of a test set.
type Measures struct {
	Inside Scope `json:"inside"` // inside the field of view
	All    Scope `json:"all"`    // over all pixels
}

// Scope holds the measures over one set of pixels, e.g. those inside the field of view.
type Scope struct {
	Micro     measures.Scores `json:"micro"`               // one confusion matrix for all pixels of the test set
	PerImage  measures.Scores `json:"image"`               // mean over the images where a measure is defined
	Undefined map[string]int  `json:"undefined,omitempty"` // number of images where a measure is undefined, by its key
	Images    []ImageScores   `json:"images"`              // ordered by ID
}

// ImageScores holds the measures of one image.
type ImageScores struct {
	ID     string          `json:"id"`
	Scores measures.Scores `json:"scores"`
}

// Curves holds the ROC and precision–recall points over the pixels of a test set.
type Curves struct {
	Inside rank.Curve `json:"inside"` // inside the field of view
	All    rank.Curve `json:"all"`    // over all pixels
	// Reliability has the pixels inside the field of view by their probability; nil if no measure needs that.
	Reliability *measures.Bins `json:"reliability,omitempty"`
}

// A Collector measures a test set image by image. Its memory is bounded by the
// largest image and Options.MemoryPixels, not by the number of images. It is
// not for concurrent use; its results do not depend on the order of images.
type Collector struct {
	options  Options
	counted  []*measures.Measure // measures to compute, by the kind of formula
	ranked   []*measures.Measure
	averaged []*measures.Measure
	binned   []*measures.Measure
	drawn    []*measures.Measure

	ranking *rank.Ranking
	images  []imageRecord
	keys    []uint32
	scratch []uint32

	// Results of walk; valid until another image is added.
	walked      bool
	inside, all pooled
}

// imageRecord is what the collector keeps of an image: its scores and sums inside the field of view and over
// all pixels.
type imageRecord struct {
	id          string
	inside, all tally
}

// tally holds the scores and sums of one set of pixels.
type tally struct {
	scores measures.Scores
	losses []float64 // sum over the pixels for each averaged measure
	bins   measures.Bins
}

// pooled holds what is computed from the ranking of all pixels' scores.
type pooled struct {
	area  rank.Area
	curve rank.Curve
}

// NewCollector returns an empty collector.
func NewCollector(options Options) *Collector {
	if options.Threshold == 0 {
		options.Threshold = DefaultThreshold
	}
	c := &Collector{options: options, ranking: rank.NewRanking(options.MemoryPixels, options.TemporaryDir)}
	for _, m := range measures.All() {
		switch {
		case m.OnRequest && !slices.Contains(options.Extra, m):
		case options.Masks && m.Counts == nil && m.Masks == nil:
		case m.Counts != nil:
			c.counted = append(c.counted, m)
		case m.Ranking != nil:
			c.ranked = append(c.ranked, m)
		case m.Pixel != nil:
			c.averaged = append(c.averaged, m)
		case m.Bins != nil:
			c.binned = append(c.binned, m)
		default:
			c.drawn = append(c.drawn, m)
		}
	}
	return c
}

// Threshold returns the threshold of the measures.
func (c *Collector) Threshold() float64 { return c.options.Threshold }

// Add measures one image. It refuses an image that cannot be measured (sizes that differ, a probability that
// is NaN or outside [0, 1], a label other than 0, 1 and Ignored, an ID seen before) with an error that names the
// image, and leaves the collector unchanged.
func (c *Collector) Add(image Image) error {
	if err := image.check(); err != nil {
		return err
	}
	if slices.ContainsFunc(c.images, func(r imageRecord) bool { return r.id == image.ID }) {
		return fmt.Errorf("image %s: measured twice", image.ID)
	}
	record := c.measure(&image)
	if err := c.ranking.Add(c.keys); err != nil {
		return fmt.Errorf("image %s: %w", image.ID, err)
	}
	c.walked = false
	c.images = append(c.images, record)
	return nil
}

// measure counts the image's pixels and leaves its sorted keys in c.keys.
func (c *Collector) measure(image *Image) imageRecord {
	size := len(image.Probabilities)
	c.keys, c.scratch = slices.Grow(c.keys[:0], size)[:0], slices.Grow(c.scratch[:0], size)[:size]
	var counts [2][2][2]int64 // [inside][truth][prediction]
	for i, p := range image.Probabilities {
		inside := uint8(1)
		if image.FOV != nil {
			inside = image.FOV[i]
		}
		truth := image.Truth[i]
		if truth == Ignored {
			continue
		}
		counts[inside&1][truth&1][image.predicted(i, c.options.Threshold)]++
		c.keys = append(c.keys, rank.Key(p, inside != 0, truth != 0))
	}
	rank.Sort(c.keys, c.scratch[:len(c.keys)])
	var areaInside, areaAll rank.Area
	rank.WalkSorted(c.keys, func(g *rank.Group) {
		areaInside.Add(g.Inside)
		areaAll.Add(g.All())
	})
	in, out := confusion(counts[1]), confusion(counts[0])
	lossesIn, lossesAll := c.losses(image)
	binsIn, binsAll := c.bins(image)
	record := imageRecord{
		id:     image.ID,
		inside: tally{c.scores(in, &areaInside, lossesIn, &binsIn), lossesIn, binsIn},
		all:    tally{c.scores(in.Plus(out), &areaAll, lossesAll, &binsAll), lossesAll, binsAll},
	}
	c.measureShape(image, &record)
	return record
}

func confusion(n [2][2]int64) measures.Counts {
	return measures.Counts{TP: n[1][1], TN: n[0][0], FP: n[0][1], FN: n[1][0]}
}

// losses sums each averaged measure over the pixels inside the field of view, and over all.
func (c *Collector) losses(image *Image) (inside, all []float64) {
	inside, all = make([]float64, len(c.averaged)), make([]float64, len(c.averaged))
	for k, m := range c.averaged {
		var sums [2]float64 // outside, inside
		for i, p := range image.Probabilities {
			in := uint8(1)
			if image.FOV != nil {
				in = image.FOV[i]
			}
			if image.Truth[i] != Ignored {
				sums[in&1] += m.Pixel(float64(p), float64(image.Truth[i]))
			}
		}
		inside[k], all[k] = sums[1], sums[0]+sums[1]
	}
	return inside, all
}

// bins divides the pixels inside the field of view, and all, by their probabilities if a measure needs that.
func (c *Collector) bins(image *Image) (inside, all measures.Bins) {
	if len(c.binned) == 0 {
		return inside, all
	}
	for i, p := range image.Probabilities {
		truth := image.Truth[i]
		if truth == Ignored {
			continue
		}
		all.Add(float64(p), truth != 0)
		if image.FOV == nil || image.FOV[i] != 0 {
			inside.Add(float64(p), truth != 0)
		}
	}
	return inside, all
}

// scores computes the measures of one set of pixels; measures of masks stay undefined.
func (c *Collector) scores(counts measures.Counts, area *rank.Area, losses []float64,
	bins *measures.Bins,
) measures.Scores {
	scores := measures.Scores{Counts: counts}
	for _, m := range c.counted {
		scores.Set(m, m.Counts(counts))
	}
	for _, m := range c.ranked {
		scores.Set(m, m.Ranking(area))
	}
	for k, m := range c.averaged {
		scores.Set(m, losses[k]/float64(counts.Total()))
	}
	for _, m := range c.binned {
		scores.Set(m, m.Bins(bins))
	}
	return scores
}

// measureShape adds the measures that depend on the positions of pixels.
func (c *Collector) measureShape(image *Image, record *imageRecord) {
	if len(c.drawn) == 0 {
		return
	}
	prediction := shape.NewMask(image.Width, image.Height)
	truth := shape.NewMask(image.Width, image.Height)
	for i, t := range image.Truth {
		prediction.Pixels[i] = t != Ignored && image.predicted(i, c.options.Threshold) == 1
		truth.Pixels[i] = t == 1
	}
	for _, m := range c.drawn {
		value := m.Masks(prediction, truth)
		record.all.scores.Set(m, value)
		record.inside.scores.Set(m, value)
	}
	if image.FOV == nil {
		return
	}
	for i, inside := range image.FOV {
		if inside == 0 {
			prediction.Pixels[i], truth.Pixels[i] = false, false
		}
	}
	for _, m := range c.drawn {
		record.inside.scores.Set(m, m.Masks(prediction, truth))
	}
}

// Measures returns the measures of all images added so far. It fails only if a temporary file cannot be read
// back.
func (c *Collector) Measures() (Measures, error) {
	if err := c.walk(); err != nil {
		return Measures{}, err
	}
	slices.SortFunc(c.images, func(a, b imageRecord) int { return strings.Compare(a.id, b.id) })
	return Measures{
		Inside: c.scope(func(r *imageRecord) *tally { return &r.inside }, &c.inside),
		All:    c.scope(func(r *imageRecord) *tally { return &r.all }, &c.all),
	}, nil
}

// Curves returns the curves over all pixels added so far. It fails only if a temporary file cannot be read
// back.
func (c *Collector) Curves() (Curves, error) {
	if err := c.walk(); err != nil {
		return Curves{}, err
	}
	curves := Curves{Inside: c.inside.curve, All: c.all.curve}
	if len(c.binned) > 0 {
		curves.Reliability = new(measures.Bins)
		for i := range c.images {
			*curves.Reliability = curves.Reliability.Plus(c.images[i].inside.bins)
		}
	}
	return curves, nil
}

// Close removes temporary files. The collector must not be used after it.
func (c *Collector) Close() error { return c.ranking.Close() }

func (c *Collector) scope(of func(*imageRecord) *tally, pool *pooled) Scope {
	scope := Scope{Images: make([]ImageScores, len(c.images))}
	var counts measures.Counts
	losses := make([]float64, len(c.averaged))
	var bins measures.Bins
	for i := range c.images {
		part := of(&c.images[i])
		counts = counts.Plus(part.scores.Counts)
		for k := range losses {
			losses[k] += part.losses[k]
		}
		bins = bins.Plus(part.bins)
		scope.Images[i] = ImageScores{ID: c.images[i].id, Scores: part.scores}
	}
	scope.Micro = c.scores(counts, &pool.area, losses, &bins)
	scope.PerImage, scope.Undefined = meanOf(scope.Images)
	return scope
}

// walk visits all pixels in the order of their scores and caches the results.
func (c *Collector) walk() error {
	if c.walked {
		return nil
	}
	var in, all measures.Counts
	for i := range c.images {
		in = in.Plus(c.images[i].inside.scores.Counts)
		all = all.Plus(c.images[i].all.scores.Counts)
	}
	var inside, whole pooled
	traceInside := rank.NewTracer(in.TP+in.FN, in.TN+in.FP, curvePoints)
	traceAll := rank.NewTracer(all.TP+all.FN, all.TN+all.FP, curvePoints)
	err := c.ranking.Walk(func(g *rank.Group) {
		inside.area.Add(g.Inside)
		traceInside.Add(g.Score, g.Inside)
		whole.area.Add(g.All())
		traceAll.Add(g.Score, g.All())
	})
	if err != nil {
		return fmt.Errorf("rank the scores of %d images: %w", len(c.images), err)
	}
	inside.curve, whole.curve = traceInside.Curve(), traceAll.Curve()
	c.inside, c.all, c.walked = inside, whole, true
	return nil
}

// Defined reports whether a measure has a value, i.e. is not NaN.
func Defined(v float64) bool { return !math.IsNaN(v) }

package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate/rank"
	"r2unet/evaluate/shape"
)

// DefaultThreshold is the paper's: the probability from which on a pixel is foreground.
const DefaultThreshold = 0.5

// Options says what a [Collector] measures. The zero value is what the paper
// does: its threshold, no distances.
type Options struct {
	Threshold      float64 // a pixel is foreground where its probability is at least this; in (0, 1], 0 means DefaultThreshold
	Hausdorff      bool    // measure the 95th percentile Hausdorff distance of each image
	CentrelineDice bool    // measure clDice of each image
	CurvePoints    int     // points of each curve, about; 0 means 500
	MemoryPixels   int     // pixels held in memory for the exact AUC before spilling to files; 0 means 16 Mi
	TemporaryDir   string  // where to spill; "" is the system's folder
}

// Measures is all that is measured on a test set.
type Measures struct {
	Inside Scope `json:"inside"` // inside the field of view
	All    Scope `json:"all"`    // over all pixels
}

// Scope is what is measured on one choice of pixels.
type Scope struct {
	Micro     Scores         `json:"micro"`               // all pixels of the test set in one count
	PerImage  Scores         `json:"image"`               // mean over the images that define a measure
	Undefined map[string]int `json:"undefined,omitempty"` // for each measure, images that leave it undefined
	Images    []ImageScores  `json:"images"`              // ordered by ID
}

// ImageScores is what is measured on one image.
type ImageScores struct {
	ID     string `json:"id"`
	Scores Scores `json:"scores"`
}

// Curves holds the ROC and precision–recall points over the pixels of a test set.
type Curves struct {
	Inside rank.Curve `json:"inside"` // inside the field of view
	All    rank.Curve `json:"all"`    // over all pixels
}

// A Collector measures a test set image by image. Its memory is bounded by the
// largest image and Options.MemoryPixels, not by the number of images. It is
// not for concurrent use; its results do not depend on the order of images.
type Collector struct {
	options Options
	ranking *rank.Ranking
	images  []imageRecord
	keys    []uint32
	scratch []uint32

	// What a walk over all pixels gives, until another image comes.
	walked      bool
	inside, all pooled
}

// imageRecord is what remains of an image: its scores and sums inside and over all pixels.
type imageRecord struct {
	id          string
	inside, all tally
}

// tally is what is counted on one set of pixels.
type tally struct {
	scores        Scores
	squaredErrors float64
}

// pooled is what the order of all pixels' scores gives.
type pooled struct {
	auc, averagePrecision float64
	curve                 rank.Curve
}

// NewCollector makes an empty collector.
func NewCollector(options Options) *Collector {
	if options.Threshold == 0 {
		options.Threshold = DefaultThreshold
	}
	if options.CurvePoints == 0 {
		options.CurvePoints = 500
	}
	return &Collector{options: options, ranking: rank.NewRanking(options.MemoryPixels, options.TemporaryDir)}
}

// Threshold is the one that measures are taken at.
func (c *Collector) Threshold() float64 { return c.options.Threshold }

// Add measures one image. An image that cannot be measured (sizes that differ,
// a probability that is NaN or outside of [0, 1], a label other than 0 and 1,
// an ID seen before) is refused with an error that names it, and counts for nothing.
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
	c.keys, c.scratch = slices.Grow(c.keys[:0], size)[:size], slices.Grow(c.scratch[:0], size)[:size]
	var counts [2][2][2]int64 // [inside][truth][prediction]
	var squares [2]float64
	for i, p := range image.Probabilities {
		inside := uint8(1)
		if image.FOV != nil {
			inside = image.FOV[i]
		}
		truth := image.Truth[i]
		prediction := 0
		if float64(p) >= c.options.Threshold {
			prediction = 1
		}
		counts[inside&1][truth&1][prediction]++
		difference := float64(p) - float64(truth)
		squares[inside&1] += difference * difference
		c.keys[i] = rank.Key(p, inside != 0, truth != 0)
	}
	rank.Sort(c.keys, c.scratch)
	var areaInside, areaAll rank.Area
	rank.WalkSorted(c.keys, func(g *rank.Group) {
		areaInside.Add(g.Inside)
		areaAll.Add(g.All())
	})
	in, out := confusion(counts[1]), confusion(counts[0])
	record := imageRecord{
		id:     image.ID,
		inside: newTally(in, squares[1], &areaInside),
		all:    newTally(in.Plus(out), squares[0]+squares[1], &areaAll),
	}
	c.measureShape(image, &record)
	return record
}

func confusion(n [2][2]int64) Counts {
	return Counts{TP: n[1][1], TN: n[0][0], FP: n[0][1], FN: n[1][0]}
}

func newTally(counts Counts, squares float64, area *rank.Area) tally {
	scores := scoresOf(counts)
	scores.AUC, scores.AveragePrecision = area.AUC(), area.AveragePrecision()
	scores.MSE = squares / float64(counts.Total())
	return tally{scores, squares}
}

// measureShape adds the measures that need to know where pixels are.
func (c *Collector) measureShape(image *Image, record *imageRecord) {
	if !c.options.Hausdorff && !c.options.CentrelineDice {
		return
	}
	prediction := shape.NewMask(image.Width, image.Height)
	truth := shape.NewMask(image.Width, image.Height)
	for i, p := range image.Probabilities {
		prediction.Pixels[i] = float64(p) >= c.options.Threshold
		truth.Pixels[i] = image.Truth[i] != 0
	}
	c.shapeScores(&record.all.scores, prediction, truth)
	if image.FOV == nil {
		c.shapeScores(&record.inside.scores, prediction, truth)
		return
	}
	for i, inside := range image.FOV {
		if inside == 0 {
			prediction.Pixels[i], truth.Pixels[i] = false, false
		}
	}
	c.shapeScores(&record.inside.scores, prediction, truth)
}

func (c *Collector) shapeScores(scores *Scores, prediction, truth *shape.Mask) {
	if c.options.Hausdorff {
		scores.Hausdorff95 = shape.Hausdorff(prediction, truth, 95)
	}
	if c.options.CentrelineDice {
		scores.CentrelineDice = shape.CentrelineDice(prediction, truth)
	}
}

// Measures returns what was measured so far. It fails only where a temporary
// file cannot be read back.
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

// Curves returns the curves over all pixels so far. It fails like Measures.
func (c *Collector) Curves() (Curves, error) {
	if err := c.walk(); err != nil {
		return Curves{}, err
	}
	return Curves{Inside: c.inside.curve, All: c.all.curve}, nil
}

// Close removes temporary files. The collector must not be used after it.
func (c *Collector) Close() error { return c.ranking.Close() }

func (c *Collector) scope(of func(*imageRecord) *tally, pool *pooled) Scope {
	scope := Scope{Images: make([]ImageScores, len(c.images))}
	var counts Counts
	squares := 0.0
	for i := range c.images {
		part := of(&c.images[i])
		counts = counts.Plus(part.scores.Counts)
		squares += part.squaredErrors
		scope.Images[i] = ImageScores{ID: c.images[i].id, Scores: part.scores}
	}
	scope.Micro = scoresOf(counts)
	scope.Micro.AUC, scope.Micro.AveragePrecision = pool.auc, pool.averagePrecision
	scope.Micro.MSE = squares / float64(counts.Total())
	scope.PerImage, scope.Undefined = meanOf(scope.Images)
	return scope
}

// walk goes over all pixels in the order of their scores, once.
func (c *Collector) walk() error {
	if c.walked {
		return nil
	}
	var in, all Counts
	for i := range c.images {
		in = in.Plus(c.images[i].inside.scores.Counts)
		all = all.Plus(c.images[i].all.scores.Counts)
	}
	var areaInside, areaAll rank.Area
	traceInside := rank.NewTracer(in.TP+in.FN, in.TN+in.FP, c.options.CurvePoints)
	traceAll := rank.NewTracer(all.TP+all.FN, all.TN+all.FP, c.options.CurvePoints)
	err := c.ranking.Walk(func(g *rank.Group) {
		areaInside.Add(g.Inside)
		traceInside.Add(g.Score, g.Inside)
		areaAll.Add(g.All())
		traceAll.Add(g.Score, g.All())
	})
	if err != nil {
		return fmt.Errorf("rank the scores of %d images: %w", len(c.images), err)
	}
	c.inside = pooled{areaInside.AUC(), areaInside.AveragePrecision(), traceInside.Curve()}
	c.all = pooled{areaAll.AUC(), areaAll.AveragePrecision(), traceAll.Curve()}
	c.walked = true
	return nil
}

// Defined says whether a measure has a value.
func Defined(v float64) bool { return !math.IsNaN(v) }

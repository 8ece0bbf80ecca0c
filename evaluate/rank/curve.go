package rank

// A Curve holds points of the exact ROC and precision–recall curves, from the
// highest threshold to the lowest. The slices are equally long.
type Curve struct {
	// a pixel is foreground from this probability on, in [0, 1]
	Threshold         []float64 `json:"threshold"`
	FalsePositiveRate []float64 `json:"false_positive_rate"` // FP / (FP + TN)
	TruePositiveRate  []float64 `json:"true_positive_rate"`  // recall, TP / (TP + FN)
	Precision         []float64 `json:"precision"`           // TP / (TP + FP)
}

// Points returns the number of points.
func (c *Curve) Points() int { return len(c.Threshold) }

// A Tracer picks points of a curve while groups arrive in descending order of score: a new point whenever the
// ROC curve has advanced by a fixed share of the way from (0, 0) to (1, 1), so that about the requested
// number remain. Without foreground or without background there is no curve.
type Tracer struct {
	positives, negatives          float64
	truePositives, falsePositives int64
	lastSensitivity, lastFallout  float64
	step                          float64
	curve                         Curve
	pendingThreshold              float64
}

// NewTracer returns a tracer for a set with the given numbers of foreground and background pixels. It picks
// at most points+1 points.
func NewTracer(positives, negatives int64, points int) *Tracer {
	return &Tracer{positives: float64(positives), negatives: float64(negatives), step: 2 / float64(max(points, 2))}
}

// Add adds the next group's numbers of background and foreground pixels.
func (t *Tracer) Add(score float32, counts [2]int64) {
	if t.positives == 0 || t.negatives == 0 || counts == [2]int64{} {
		return
	}
	t.truePositives += counts[1]
	t.falsePositives += counts[0]
	t.pendingThreshold = float64(score)
	sensitivity, fallout := float64(t.truePositives)/t.positives, float64(t.falsePositives)/t.negatives
	if sensitivity-t.lastSensitivity+fallout-t.lastFallout >= t.step {
		t.pick()
	}
}

func (t *Tracer) pick() {
	t.lastSensitivity = float64(t.truePositives) / t.positives
	t.lastFallout = float64(t.falsePositives) / t.negatives
	t.curve.Threshold = append(t.curve.Threshold, t.pendingThreshold)
	t.curve.FalsePositiveRate = append(t.curve.FalsePositiveRate, t.lastFallout)
	t.curve.TruePositiveRate = append(t.curve.TruePositiveRate, t.lastSensitivity)
	t.curve.Precision = append(t.curve.Precision, float64(t.truePositives)/float64(t.truePositives+t.falsePositives))
}

// Curve completes the curve at the lowest score and returns it.
func (t *Tracer) Curve() Curve {
	n := t.curve.Points()
	if t.truePositives+t.falsePositives > 0 && (n == 0 || t.lastSensitivity < 1 || t.lastFallout < 1) {
		t.pick()
	}
	return t.curve
}

package evaluate

import (
	"errors"
	"fmt"
	"math"

	"r2unet/evaluate/rank"
)

// Temperatures lie between these; where pixels are told apart without an error, the best one would be 0.
const (
	LowestTemperature  = 0.05
	HighestTemperature = 20
)

// Calibrate divides the logits of probabilities of foreground by a temperature (Guo et al. 2017), in place; 0 leaves
// them as they are. The order of probabilities stays, except that different ones may round to the same float32, and so
// does the side of DefaultThreshold on which one lies.
func Calibrate(probabilities []float32, temperature float64) {
	if temperature == 0 {
		return
	}
	half := float32(DefaultThreshold)
	for i, p := range probabilities {
		q := float32(sigmoid(logit(p) / temperature))
		if p < half && q >= half { // it was rounded up
			q = math.Nextafter32(half, 0)
		}
		probabilities[i] = q
	}
}

// logit returns the logit of a probability. 0 and 1, to which a float32 is rounded, have the logits of values halfway
// to the next float32.
func logit(p float32) float64 {
	switch p {
	case 0:
		return -150 * math.Ln2
	case 1:
		return 25 * math.Ln2
	}
	return math.Log(float64(p)) - math.Log1p(-float64(p))
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// softplus returns log(1 + e^z), the cross-entropy of a background pixel of logit z.
func softplus(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }

// Calibration is a temperature with the mean cross-entropy of pixels inside the field of view, in nats, with it and
// without.
type Calibration struct {
	Temperature float64 `json:"temperature"`
	Loss        float64 `json:"loss"`
	LossBefore  float64 `json:"loss_before"`
}

// BestTemperature returns the temperature at which the pixels inside the field of view have the smallest cross-entropy,
// to four decimals. Without foreground or without background among them it is an error; it also fails like Measures.
func (c *Collector) BestTemperature() (Calibration, error) {
	var pixels, foreground int64
	for i := range c.images {
		counts := c.images[i].inside.scores.Counts
		pixels, foreground = pixels+counts.Total(), foreground+counts.TP+counts.FN
	}
	if foreground == 0 || foreground == pixels {
		return Calibration{}, errors.New("all pixels are alike, background or foreground")
	}
	// The loss is convex in the inverse of the temperature, the factor of logits: Newton's method, inside a bracket.
	low, high := 1.0/HighestTemperature, 1.0/LowestTemperature
	factor := 1.0
	before, slope, curvature, err := c.crossEntropy(factor)
	for range 60 {
		if err != nil {
			return Calibration{}, err
		}
		if slope > 0 {
			high = factor
		} else {
			low = factor
		}
		next := factor - slope/curvature
		if !(next > low && next < high) {
			next = math.Sqrt(low * high)
		}
		step := math.Abs(next - factor)
		factor = next
		if step < 1e-7*factor {
			break
		}
		_, slope, curvature, err = c.crossEntropy(factor)
	}
	if err != nil {
		return Calibration{}, err
	}
	best := Calibration{Temperature: math.Round(1e4/factor) / 1e4, LossBefore: before / float64(pixels)}
	after, _, _, err := c.crossEntropy(1 / best.Temperature)
	best.Loss = after / float64(pixels)
	return best, err
}

// crossEntropy returns the cross-entropy, in nats, summed over all pixels inside the field of view, if their logits are
// multiplied by a factor, and its first and second derivative by the factor.
func (c *Collector) crossEntropy(factor float64) (loss, slope, curvature float64, err error) {
	err = c.ranking.Walk(func(g *rank.Group) {
		background, foreground := float64(g.Inside[0]), float64(g.Inside[1])
		z := logit(g.Score)
		p := sigmoid(factor * z)
		loss += background*softplus(factor*z) + foreground*softplus(-factor*z)
		slope += z * (background*p - foreground*(1-p))
		curvature += z * z * (background + foreground) * p * (1 - p)
	})
	if err != nil {
		err = fmt.Errorf("rank the scores of %d images: %w", len(c.images), err)
	}
	return loss, slope, curvature, err
}

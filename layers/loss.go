package layers

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/calls"
	"r2unet/internal/op"
)

// LossWeights are the weights of the two terms: binary cross-entropy from the logits, and Dice over the batch.
type LossWeights struct{ BCE, Dice float64 }

// Loss is the scalar training loss of logits against a target in {0, 1}, both [N, 1, H, W]; one pass over memory
// computes both terms. Pixels whose target is −1 are ignored by this and all other losses.
func (b *Builder) Loss(logits, target *G.Node, weights LossWeights) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Loss(logits, target, calls.LossWeights(weights)) })
}

// PixelLoss describes a loss that is a mean over pixels.
type PixelLoss struct {
	Name string
	// Value is the loss of a pixel, Slope its derivative with respect to the logit; the truth is 0 or 1.
	Value, Slope func(logit, truth float64) float64
	// ClassValue is the loss with several classes, a function of log q with q the probability of a pixel's true class,
	// and ClassSlope its derivative. A loss without them is for one foreground class.
	ClassValue, ClassSlope func(logq float64) float64
	// PositiveWeight, if it is not nil, returns a factor for pixels of truth 1 from the numbers of both in the batch.
	PositiveWeight func(positives, negatives float64) float64
}

// PixelLoss is the scalar loss of logits against a target in {0, 1}, both [N, 1, H, W]; of several classes, of logits
// [N, K, H, W] against their indices.
func (b *Builder) PixelLoss(logits, target *G.Node, loss PixelLoss) *G.Node {
	if k := b.Channels(logits); k > 1 {
		return b.do("", func() (*G.Node, error) {
			if loss.ClassValue == nil {
				return nil, fmt.Errorf("the loss %s is of one foreground class, and there are %d classes", loss.Name, k)
			}
			if loss.ClassSlope == nil {
				return nil, fmt.Errorf("the loss %s has a ClassValue and no ClassSlope", loss.Name)
			}
			return op.ClassPixelLoss(loss.Name, logits, target, loss.ClassValue, loss.ClassSlope)
		})
	}
	return b.do("", func() (*G.Node, error) {
		if loss.Value == nil || loss.Slope == nil {
			return nil, fmt.Errorf("the loss %s needs Value and Slope", loss.Name)
		}
		return op.PixelLoss(loss.Name, logits, target, loss.Value, loss.Slope, loss.PositiveWeight)
	})
}

// Region holds the sums from which overlap losses are computed: with p the probability and t the truth of each pixel,
// Both = Σ p·t, Predicted = Σ p, True = Σ t, and the number of pixels. The soft counts follow: TP = Both, FP =
// Predicted − Both, FN = True − Both.
type Region = calls.Region

// RegionLoss describes a loss that is a function of the sums of a Region.
type RegionLoss struct {
	Name string
	// PerImage averages the loss over the images; by default the whole batch is one region.
	PerImage bool
	Value    func(Region) float64
	// Slope returns the derivatives of Value with respect to Both and Predicted.
	Slope func(Region) (both, predicted float64)
}

// RegionLoss is the scalar loss of logits against a target in {0, 1}, both [N, 1, H, W]; of several classes, the mean
// over the foreground classes, each against the rest, of logits [N, K, H, W] against their indices.
func (b *Builder) RegionLoss(logits, target *G.Node, loss RegionLoss) *G.Node {
	if loss.Value == nil || loss.Slope == nil {
		b.Fail(fmt.Errorf("the loss %s needs Value and Slope", loss.Name))
		return nil
	}
	if b.Channels(logits) > 1 {
		return b.do("", func() (*G.Node, error) {
			return op.ClassRegionLoss(loss.Name, logits, target, loss.PerImage, loss.Value, loss.Slope)
		})
	}
	return b.do("", func() (*G.Node, error) {
		return op.RegionLoss(loss.Name, logits, target, loss.PerImage, loss.Value, loss.Slope)
	})
}

// CLDice is the soft clDice loss of logits against a target in {0, 1}, both [N, 1, H, W], with soft skeletons after so
// many erosions; smooth is added to the numerator and the denominator of both of its rates.
func (b *Builder) CLDice(logits, target *G.Node, iterations int, smooth float64) *G.Node {
	return b.do("", func() (*G.Node, error) {
		if k := b.Channels(logits); k > 1 {
			return nil, fmt.Errorf("the loss cldice is of one foreground class, and there are %d classes", k)
		}
		return op.CLDice(logits, target, iterations, smooth)
	})
}

// WeightedSum is the scalar Σ factors[i]·terms[i].
func (b *Builder) WeightedSum(terms []*G.Node, factors []float64) *G.Node {
	return b.do("", func() (*G.Node, error) { return op.Combine(terms, factors) })
}

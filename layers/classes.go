package layers

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"r2unet/internal/op"
)

// MostClasses bounds the number of classes.
const MostClasses = 64

// SetClasses sets the number of classes of a pixel, background included. Up to two are told apart by one logit, three
// and more by a logit each.
func (b *Builder) SetClasses(classes int) {
	if classes > MostClasses {
		b.Fail(fmt.Errorf("%d classes, expected at most %d", classes, MostClasses))
	}
	b.outputs = Outputs(classes)
}

// Outputs returns the number of logits, and of probability maps, for a number of classes: one for up to two.
func Outputs(classes int) int {
	if classes < 3 {
		return 1
	}
	return classes
}

// Head is the 1×1 convolution with bias to the logits: [N, 1, H, W], or [N, K, H, W] for K ≥ 3 classes.
func (b *Builder) Head(x *G.Node) *G.Node { return b.HeadOf("head", x) }

// Logits returns the number of logits of a pixel, 1 or that of the classes.
func (b *Builder) Logits() int { return max(b.outputs, 1) }

// HeadOf is a Head with another name, for a network that has several.
func (b *Builder) HeadOf(name string, x *G.Node) *G.Node {
	return b.conv(name, x, b.Logits(), 1, true, nil)
}

// Probabilities converts logits to probabilities: one logit of each pixel to that of the foreground by the logistic
// function, several to those of their classes by softmax.
func (b *Builder) Probabilities(logits *G.Node) *G.Node {
	if b.Channels(logits) > 1 {
		return b.do("", func() (*G.Node, error) { return op.Softmax(logits) })
	}
	return b.do("", func() (*G.Node, error) { return op.Sigmoid(logits) })
}

// Scores is [2]: the mean squared error of the probabilities, and the accuracy, at threshold 0.5 or, of several
// classes, of the most probable one.
func (b *Builder) Scores(logits, target *G.Node) *G.Node {
	if b.Channels(logits) > 1 {
		return b.do("", func() (*G.Node, error) { return op.ClassScores(logits, target) })
	}
	return b.do("", func() (*G.Node, error) { return op.Scores(logits, target) })
}

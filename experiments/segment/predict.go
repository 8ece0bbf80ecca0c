package segment

import (
	"context"
	"fmt"
	"math"

	"r2unet/datasets"
	"r2unet/datasets/preprocess"
	"r2unet/datasets/raster"
	"r2unet/evaluate"
	"r2unet/experiments/assess"
)

// Prediction is what an ensemble finds in a picture, at the picture's size.
type Prediction struct {
	Width, Height int              // px
	Classes       datasets.Classes // the background first; nil if there is one foreground
	Probabilities []float32        // [K, H, W], in [0, 1]; K = 1 if there is one foreground
	Mask          []uint8          // [H, W], of zeros and ones, or of classes; 0 outside the field of view
	FOV           []uint8          // [H, W], 1 inside the field of view; nil if all pixels are
	Uncertainty   []float32        // [H, W], see Ensemble.Predict; nil if not asked for
	Doubts        []string         // warnings, each the end of a sentence that begins with the picture's name

	picture *raster.Image
	window  [2]float64 // of the values of CT numbers that overlays show; zeros if these are none
}

// input is a picture as a member sees it.
type input struct {
	*datasets.Sample
	width, height int // of the picture itself, px; the network may see a resized one
}

// prepare returns the picture as each member sees it. It may be called while Predict runs.
func (e *Ensemble) prepare(picture *raster.Image) ([]input, error) {
	inputs := make([]input, len(e.members))
	for i, m := range e.members {
		sample, err := m.trained.Recipe.Prepare(picture)
		if err != nil {
			return nil, err
		}
		inputs[i] = input{sample, picture.Width, picture.Height}
	}
	return inputs, nil
}

// Predict predicts a picture. The uncertainty of a pixel is the standard deviation of its probability over the
// networks, of several classes the largest of theirs; it is at most 0.5. Only one caller may use it at a time.
func (e *Ensemble) Predict(ctx context.Context, picture *raster.Image) (*Prediction, error) {
	inputs, err := e.prepare(picture)
	if err != nil {
		return nil, err
	}
	maps, err := e.predict(ctx, inputs)
	if err != nil {
		return nil, err
	}
	return e.finish(picture, inputs, maps), nil
}

// predict returns the probabilities of each member, [K, H, W], in the size that it sees.
func (e *Ensemble) predict(ctx context.Context, inputs []input) ([][]float32, error) {
	maps := make([][]float32, len(inputs))
	for i, m := range e.members {
		if err := m.enter(); err != nil {
			return nil, err
		}
		var err error
		if maps[i], err = m.predict(ctx, inputs[i].Sample); err != nil {
			return nil, err
		}
	}
	return maps, nil
}

// predict returns the probabilities of a sample, [K, H, W], in the sample's size.
func (m *member) predict(ctx context.Context, sample *datasets.Sample) ([]float32, error) {
	probabilities := make([]float32, m.place.Config().Outputs()*sample.Width*sample.Height)
	if err := m.way.Predict(ctx, probabilities, assess.Batch(sample)); err != nil {
		return nil, err
	}
	for i, p := range probabilities {
		if !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("the network gives the probability %g at column %d, row %d: its checkpoint is of "+
				"no use for this image", p, i%sample.Width, i/sample.Width%sample.Height)
		}
	}
	return probabilities, nil
}

// finish resizes and calibrates the members' probabilities, averages them, and applies the threshold, or takes the most
// probable class. It may be called while Predict runs.
func (e *Ensemble) finish(picture *raster.Image, inputs []input, maps [][]float32) *Prediction {
	p := &Prediction{Width: inputs[0].width, Height: inputs[0].height, Classes: e.Classes(), picture: picture}
	if recipe := e.members[0].trained.Recipe; recipe.CT {
		p.window = recipe.Window
	}
	for i, m := range e.members {
		in := inputs[i]
		if m.trained.Recipe.Size.Set() {
			maps[i] = datasets.ResizeBack(maps[i], datasets.Size{Width: in.Width, Height: in.Height},
				datasets.Size{Width: p.Width, Height: p.Height})
		}
		if p.Classes == nil {
			evaluate.Calibrate(maps[i], m.trained.Chosen.Temperature)
		}
		if p.FOV == nil && in.FOV != nil {
			p.FOV = in.FOV
			if m.trained.Recipe.Size.Set() {
				p.FOV = preprocess.ResizeMask(in.FOV, in.Width, in.Height, p.Width, p.Height)
			}
		}
		if in.Doubt != "" && (len(p.Doubts) == 0 || p.Doubts[len(p.Doubts)-1] != in.Doubt) {
			p.Doubts = append(p.Doubts, in.Doubt)
		}
	}
	p.Probabilities = maps[0]
	if len(maps) > 1 {
		p.average(maps, e.Uncertainty)
	}
	p.Mask = e.mask(p)
	p.Doubts = append(p.Doubts, doubtsOfMask(p.Mask, p.FOV)...)
	return p
}

// average sets the mean of the members' probabilities, and their deviation if it is asked for.
func (p *Prediction) average(maps [][]float32, deviation bool) {
	p.Probabilities = make([]float32, len(maps[0]))
	pixels, n := p.Width*p.Height, float64(len(maps))
	if deviation {
		p.Uncertainty = make([]float32, pixels)
	}
	for i := range p.Probabilities {
		sum, squares := 0.0, 0.0
		for _, m := range maps {
			sum += float64(m[i])
		}
		mean := sum / n
		p.Probabilities[i] = float32(mean)
		if !deviation {
			continue
		}
		for _, m := range maps {
			squares += (float64(m[i]) - mean) * (float64(m[i]) - mean)
		}
		u := &p.Uncertainty[i%pixels]
		*u = max(*u, float32(math.Sqrt(squares/n)))
	}
}

// mask applies the threshold, or takes the most probable class, and post-processes that.
func (e *Ensemble) mask(p *Prediction) []uint8 {
	mask := make([]uint8, p.Width*p.Height)
	if p.Classes != nil {
		mask = evaluate.MostProbable(p.Probabilities, len(mask))
	}
	for i := range mask {
		switch {
		case p.FOV != nil && p.FOV[i] == 0:
			mask[i] = 0
		case p.Classes == nil && float64(p.Probabilities[i]) >= e.Threshold:
			mask[i] = 1
		}
	}
	if p.Classes != nil {
		return e.steps.Several(mask, p.FOV, p.Width, p.Height)
	}
	return e.steps.One(mask, p.Probabilities, p.FOV, p.Width, p.Height)
}

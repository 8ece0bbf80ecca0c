package losses

import (
	G "gorgonia.org/gorgonia"

	"r2unet/internal/setting"
	"r2unet/layers"
)

// overlap is a loss that is a function of soft counts, and its derivatives with respect to Both and Predicted.
type overlap struct {
	value func(layers.Region) float64
	slope func(layers.Region) (both, predicted float64)
}

// region returns the entry of an overlap loss. Besides its own parameters it has per: over the whole batch, or over
// each image and then their mean.
func region(name string, of func(s setting.Setting) overlap, parameters ...setting.Parameter) entry {
	return entry{
		parameters: append([]setting.Parameter{setting.Word("per", "batch", "image")}, parameters...),
		build: func(s setting.Setting) Loss {
			loss := of(s)
			return func(b *layers.Builder, logits, target *G.Node) *G.Node {
				return b.RegionLoss(logits, target, layers.RegionLoss{
					Name: name, PerImage: s.Word("per") == "image", Value: loss.value, Slope: loss.slope,
				})
			}
		},
	}
}

// smooth is added to the numerator and the denominator of an overlap, which keeps it finite without any foreground.
func smooth() setting.Parameter { return setting.Number("smooth", 1, 1e-9, 1e6) }

package experiments

import (
	"fmt"

	"r2unet/arch"
	"r2unet/evaluate"
	"r2unet/internal/model"
	"r2unet/layers"
)

// countedNetworks are the networks of Fig. 4 with every t and every way to share weights that Table IV asks for, counted on one input
// channel and the paper's channels, so that the table is complete whatever was run.
func countedNetworks() ([]evaluate.Result, error) {
	var out []evaluate.Result
	for _, block := range []struct{ name, block string }{
		{"U-Net", "forward"}, {"ResU-Net", "residual"}, {"RU-Net", "recurrent"}, {"R2U-Net", "recurrent-residual"},
	} {
		for _, a := range modes(block.name, block.block) {
			params, err := model.Parameters(a, 1)
			if err != nil {
				return nil, fmt.Errorf("count %s: %w", a.Name, err)
			}
			a = a.WithDefaults()
			out = append(out, evaluate.Result{
				Architecture: a.Name, Block: a.Block, T: a.T, Weights: string(a.Weights), Norm: string(a.Norm), Channels: a.Channels,
				Parameters: params.Count(),
			})
		}
	}
	return out, nil
}

// modes are the settings of one block: t = 2 and 3 with every sharing for recurrent ones.
func modes(name, block string) []arch.Config {
	if block == "forward" || block == "residual" {
		return []arch.Config{{Name: name, Block: block}}
	}
	var out []arch.Config
	for _, t := range []int{2, 3} {
		for _, weights := range []layers.Sharing{layers.Tied, layers.Shared, layers.PerStep} {
			out = append(out, arch.Config{Name: name, Block: block, T: t, Weights: weights})
		}
	}
	return out
}

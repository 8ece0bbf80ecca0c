package losses

import "r2unet/layers"

// Dice over the whole batch, 1 − (2Σpt + 1)/(Σp + Σt + 1) (Milletari et al. 2016, smoothed by 1).
func init() { register("dice", entry{weights: layers.LossWeights{Dice: 1}}) }

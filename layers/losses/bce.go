package losses

import "r2unet/layers"

// Binary cross-entropy, the mean over pixels of −t·log p − (1−t)·log(1−p), computed from the logit; the paper's loss.
func init() { register("bce", entry{weights: layers.LossWeights{BCE: 1}}) }

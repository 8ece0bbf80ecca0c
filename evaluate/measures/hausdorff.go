package measures

import "r2unet/evaluate/shape"

// Hausdorff95 is the 95th percentile Hausdorff distance of the outlines.
var Hausdorff95 = Register(Measure{
	ID: "hausdorff95", Name: "HD95", Unit: "px", LowerIsBetter: true, TwoClasses: true, OnRequest: true,
	Masks: func(prediction, truth *shape.Mask) float64 { return shape.Hausdorff(prediction, truth, 95) },
})

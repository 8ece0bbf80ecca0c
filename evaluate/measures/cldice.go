package measures

import "r2unet/evaluate/shape"

// CentrelineDice is clDice, which compares the centre-lines of vessels.
var CentrelineDice = Register(Measure{
	ID: "cldice", Name: "clDice", TwoClasses: true, OnRequest: true, Masks: shape.CentrelineDice,
})

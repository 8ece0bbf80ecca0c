package exec

import (
	"slices"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

// split places the parts of concatenations that placeConcat leaves to be copied, because they have few channels, where
// the device can keep such parts apart (see device.Splitter): if convolutions alone read the result.
func split(dev device.Device, list []device.Call) []device.Call {
	splitter, ok := dev.(device.Splitter)
	if !ok {
		return list
	}
	channels := splitter.Parts()
	whole := map[*device.Tensor]bool{} // tensors that must be as the device keeps maps of their shape
	for _, c := range list {
		conv, _ := c.(*calls.Conv)
		concat, _ := c.(*calls.Concat)
		for _, o := range c.Operands() {
			t := *o.Field
			if t == nil {
				continue
			}
			if t.Parent != nil {
				whole[t.Parent] = true
			}
			if conv != nil && o.Field == &conv.X || concat != nil && o.Field == &concat.Y {
				continue
			}
			whole[t] = true
		}
	}
	return slices.DeleteFunc(list, func(c device.Call) bool {
		concat, ok := c.(*calls.Concat)
		if !ok || whole[concat.Y] || !inArena(concat.Y) || !inArena(concat.A) || !inArena(concat.B) ||
			concat.A == concat.B || concat.A.Shape[1] != channels || concat.B.Shape[1] != channels {
			return false
		}
		concat.Y.Split = channels
		concat.A.Parent, concat.A.Start = concat.Y, 0
		concat.B.Parent, concat.B.Start = concat.Y, channels
		return true
	})
}

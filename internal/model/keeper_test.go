package model

import (
	"slices"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/exec"
)

// keeper is a device that stores activations for the backward pass.
type keeper struct{ device.Device }

func (keeper) KeepsActivations() bool { return true }

// TestKeptAndRecomputedActivationsGiveTheSameBits on every device, whichever of the two it does by itself.
func TestKeptAndRecomputedActivationsGiveTheSameBits(t *testing.T) {
	c := small
	c.Arch.Channels = []int{3, 5}
	for name, dev := range devices(t) {
		recomputed, kept := newModel(t, c, dev), newModel(t, c, keeper{dev})
		train20(t, recomputed, 0, 3)
		train20(t, kept, 0, 3)
		if !sameBits(stateOf(t, kept), stateOf(t, recomputed)) {
			t.Errorf("%s: another state", name)
		}
		calls := func(m *Model) int { return count(m.graphs[shape{train, 4, 16, 24}].machine) }
		if more, fewer := calls(recomputed), calls(kept); fewer >= more {
			t.Errorf("%s: %d activations where they are stored, %d where they are recomputed", name, fewer, more)
		}
	}
}

// count is the number of activations of a plan.
func count(m *exec.Machine) int {
	isActivation := func(c device.Call) bool { _, ok := c.(*calls.Activate); return ok }
	return len(slices.DeleteFunc(slices.Clone(m.Calls()), func(c device.Call) bool { return !isActivation(c) }))
}

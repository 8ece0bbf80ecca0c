package exec

import (
	"slices"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/ref"
)

// chain returns a forward and backward pass of two convolutions with an activation h between them, which the second
// convolution's weight gradient reads again.
func chain() (plan []device.Call, activation *calls.Activate, weight *calls.ConvGradWeight) {
	feature := func(name string) *device.Tensor {
		return &device.Tensor{Name: name, Shape: []int{1, 1, 4, 4}, Kind: device.Features}
	}
	w := &device.Tensor{Name: "w", Shape: []int{1, 1, 3, 3}}
	x, z, h, logits, target := feature("x"), feature("z"), feature("h"), feature("logits"), feature("target")
	dlogits, dh, dz := feature("dlogits"), feature("dh"), feature("dz")
	activation = &calls.Activate{Z: z, Y: h}
	weight = &calls.ConvGradWeight{DZ: dlogits, X: h, DW: &device.Tensor{Name: "dw", Shape: w.Shape}}
	return []device.Call{
		&calls.Conv{X: x, W: w, Z: z},
		activation,
		&calls.Conv{X: h, W: w, Z: logits},
		&calls.LossGrad{Weights: calls.LossWeights{BCE: 1}, Logits: logits, Target: target, DLogits: dlogits},
		weight,
		&calls.ConvGradData{DZ: dlogits, W: w, DX: dh},
		&calls.ActivateGrad{Z: z, DY: dh, DZ: dz},
	}, activation, weight
}

func TestActivationsAreComputedAgainForTheirGradients(t *testing.T) {
	plan, activation, weight := chain()
	n, before := len(plan), planArena(ref.New[float32](), plan)
	plan = recompute(plan)
	at := slices.Index(plan, device.Call(weight))
	if len(plan) != n+1 {
		t.Fatalf("%d calls, expected one more than %d", len(plan), n)
	}
	again, ok := plan[at-1].(*calls.Activate)
	if !ok || again.Z != activation.Z || again.Y == activation.Y || weight.X != again.Y {
		t.Errorf("before the weight gradient stands %+v, and it reads %v", plan[at-1], weight.X)
	}
	if after := planArena(ref.New[float32](), plan); after > before {
		t.Errorf("the arena grew from %d to %d elements", before, after)
	}
}

func TestCheapInputsOfWhatIsComputedAgainAreComputedAgainToo(t *testing.T) {
	plan, _, _ := chain()
	feature := func(name string, side int) *device.Tensor {
		return &device.Tensor{Name: name, Shape: []int{1, 1, side, side}, Kind: device.Features}
	}
	large, pooled, projected := feature("large", 8), feature("pooled", 4), feature("projected", 4)
	w1 := &device.Tensor{Name: "w1", Shape: []int{1, 1, 1, 1}}
	plan[0].(*calls.Conv).X = projected
	last := plan[len(plan)-1].(*calls.ActivateGrad)
	plan = append([]device.Call{
		&calls.MaxPool{X: large, Y: pooled},
		&calls.Conv{X: pooled, W: w1, Z: projected},
	}, append(plan,
		&calls.ConvGradWeight{DZ: last.DZ, X: projected, DW: &device.Tensor{Name: "dw", Shape: []int{1, 1, 3, 3}}},
	)...)
	n := len(plan)
	plan = recompute(plan)
	if len(plan) != n+3 {
		t.Fatalf("%d calls, expected three more than %d: the activation, the pooled map and its projection",
			len(plan), n)
	}
	end := plan[len(plan)-3:]
	pool, ok := end[0].(*calls.MaxPool)
	conv, okConv := end[1].(*calls.Conv)
	if !ok || !okConv || pool.Y == pooled || conv.X != pool.Y || conv.Z == projected ||
		end[2].(*calls.ConvGradWeight).X != conv.Z {
		t.Errorf("the plan ends with %v, %v, %v", end[0].Name(), end[1].Name(), end[2].Name())
	}
}

func TestActivationsStayWhereTheyCannotBeComputedAgain(t *testing.T) {
	for name, change := range map[string]func(plan []device.Call, a *calls.Activate) []device.Call{
		"nothing is differentiated": func(plan []device.Call, _ *calls.Activate) []device.Call { return plan[:3] },
		"a part of a concatenation": func(plan []device.Call, a *calls.Activate) []device.Call {
			a.Y.Parent = &device.Tensor{Name: "both", Shape: []int{1, 2, 4, 4}, Kind: device.Features}
			return plan
		},
		"a reader that also writes it": func(plan []device.Call, a *calls.Activate) []device.Call {
			return append(plan, &calls.Add{A: a.Y, B: a.Y, Y: a.Y})
		},
		"in place": func(plan []device.Call, a *calls.Activate) []device.Call {
			a.Z = a.Y
			return plan
		},
	} {
		plan, activation, _ := chain()
		plan = change(plan, activation)
		if n := len(plan); len(recompute(plan)) != n {
			t.Errorf("%s: recomputed", name)
		}
	}
}

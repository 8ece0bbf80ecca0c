package exec

import (
	"slices"
	"testing"

	"r2unet/internal/device"
	"r2unet/internal/device/ref"
)

// chain is a forward and backward pass of two convolutions with an activation h in between, which the second convolution's
// weight gradient reads again.
func chain() (calls []device.Call, activation *device.Activate, weight *device.ConvGradWeight) {
	feature := func(name string) *device.Tensor {
		return &device.Tensor{Name: name, Shape: []int{1, 1, 4, 4}, Kind: device.Features}
	}
	w := &device.Tensor{Name: "w", Shape: []int{1, 1, 3, 3}}
	x, z, h, logits, target := feature("x"), feature("z"), feature("h"), feature("logits"), feature("target")
	dlogits, dh, dz := feature("dlogits"), feature("dh"), feature("dz")
	activation = &device.Activate{Z: z, Y: h}
	weight = &device.ConvGradWeight{DZ: dlogits, X: h, DW: &device.Tensor{Name: "dw", Shape: w.Shape}}
	return []device.Call{
		&device.Conv{X: x, W: w, Z: z},
		activation,
		&device.Conv{X: h, W: w, Z: logits},
		&device.LossGrad{Weights: device.LossWeights{BCE: 1}, Logits: logits, Target: target, DLogits: dlogits},
		weight,
		&device.ConvGradData{DZ: dlogits, W: w, DX: dh},
		&device.ActivateGrad{Z: z, DY: dh, DZ: dz},
	}, activation, weight
}

func TestActivationsAreComputedAgainForTheirGradients(t *testing.T) {
	calls, activation, weight := chain()
	n, before := len(calls), planArena(ref.New[float32](), calls)
	calls = recompute(calls)
	at := slices.Index(calls, device.Call(weight))
	if len(calls) != n+1 {
		t.Fatalf("%d calls, expected one more than %d", len(calls), n)
	}
	again, ok := calls[at-1].(*device.Activate)
	if !ok || again.Z != activation.Z || again.Y == activation.Y || weight.X != again.Y {
		t.Errorf("before the weight gradient stands %+v, and it reads %v", calls[at-1], weight.X)
	}
	if after := planArena(ref.New[float32](), calls); after > before {
		t.Errorf("the arena grew from %d to %d elements", before, after)
	}
}

func TestCheapInputsOfWhatIsComputedAgainAreComputedAgainToo(t *testing.T) {
	calls, _, _ := chain()
	feature := func(name string, side int) *device.Tensor {
		return &device.Tensor{Name: name, Shape: []int{1, 1, side, side}, Kind: device.Features}
	}
	large, pooled, projected := feature("large", 8), feature("pooled", 4), feature("projected", 4)
	w1 := &device.Tensor{Name: "w1", Shape: []int{1, 1, 1, 1}}
	calls[0].(*device.Conv).X = projected
	last := calls[len(calls)-1].(*device.ActivateGrad)
	calls = append([]device.Call{
		&device.MaxPool{X: large, Y: pooled},
		&device.Conv{X: pooled, W: w1, Z: projected},
	}, append(calls,
		&device.ConvGradWeight{DZ: last.DZ, X: projected, DW: &device.Tensor{Name: "dw", Shape: []int{1, 1, 3, 3}}},
	)...)
	n := len(calls)
	calls = recompute(calls)
	if len(calls) != n+3 {
		t.Fatalf("%d calls, expected three more than %d: the activation, the pooled map and its projection", len(calls), n)
	}
	end := calls[len(calls)-3:]
	pool, ok := end[0].(*device.MaxPool)
	conv, okConv := end[1].(*device.Conv)
	if !ok || !okConv || pool.Y == pooled || conv.X != pool.Y || conv.Z == projected || end[2].(*device.ConvGradWeight).X != conv.Z {
		t.Errorf("the plan ends with %v, %v, %v", end[0].Name(), end[1].Name(), end[2].Name())
	}
}

func TestActivationsStayWhereTheyCannotBeComputedAgain(t *testing.T) {
	for name, change := range map[string]func(calls []device.Call, a *device.Activate) []device.Call{
		"nothing is differentiated": func(calls []device.Call, _ *device.Activate) []device.Call { return calls[:3] },
		"a part of a concatenation": func(calls []device.Call, a *device.Activate) []device.Call {
			a.Y.Parent = &device.Tensor{Name: "both", Shape: []int{1, 2, 4, 4}, Kind: device.Features}
			return calls
		},
		"a reader that also writes it": func(calls []device.Call, a *device.Activate) []device.Call {
			return append(calls, &device.Add{A: a.Y, B: a.Y, Y: a.Y})
		},
		"in place": func(calls []device.Call, a *device.Activate) []device.Call {
			a.Z = a.Y
			return calls
		},
	} {
		calls, activation, _ := chain()
		calls = change(calls, activation)
		if n := len(calls); len(recompute(calls)) != n {
			t.Errorf("%s: computed again", name)
		}
	}
}

package cuda

import (
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
)

func TestRunningStatisticsMoveEarlierOnlyWhereNobodyLooks(t *testing.T) {
	vector := &device.Tensor{Name: "running", Shape: []int{20}}
	row := func(start int) *device.Tensor {
		return &device.Tensor{Name: "part", Shape: []int{2, 5}, Parent: vector, Start: start}
	}
	stats := &device.Tensor{Name: "stats", Shape: []int{2, 5}}
	map4 := func() *device.Tensor {
		return &device.Tensor{Name: "map", Shape: []int{1, 5, 4, 4}, Kind: device.Features}
	}
	conv := &calls.Conv{X: map4(), W: &device.Tensor{Shape: []int{5, 5, 1, 1}}, Z: map4(), Stats: stats}
	update := &calls.UpdateRunning{Stats: stats, Running: row(0), Momentum: 0.1, Count: 16}
	looks := func(at int) device.Call {
		return &calls.Activate{Z: map4(), Norm: &calls.Norm{Stats: row(at), Gamma: stats, Beta: stats}, Y: map4()}
	}
	for name, c := range map[string]struct {
		calls  []device.Call
		joined bool
	}{
		"next to each other":       {[]device.Call{conv, update}, true},
		"somebody looks elsewhere": {[]device.Call{conv, looks(10), update}, true},
		"somebody looks":           {[]device.Call{conv, looks(0), update}, false},
		"somebody looks partly":    {[]device.Call{conv, looks(9), update}, false},
		"no convolution":           {[]device.Call{&calls.BatchStats{Z: map4(), Stats: stats}, update}, false},
		"made anew":                {[]device.Call{conv, update, conv}, false},
	} {
		if got := joinRunning(c.calls)[stats] == update; got != c.joined {
			t.Errorf("%s: joined is %v", name, got)
		}
	}
}

func TestGradientSumsAreTakenOnlyWhereNothingComesBetween(t *testing.T) {
	plain := func(shape ...int) *device.Tensor { return &device.Tensor{Name: "plain", Shape: shape} }
	features := func() *device.Tensor {
		return &device.Tensor{Name: "map", Shape: []int{1, 5, 4, 4}, Kind: device.Features}
	}
	for name, c := range map[string]struct {
		change func(conv *calls.ConvGradData, sums *calls.NormGradSums) []device.Call // what comes between
		joined bool
	}{
		"next to each other": {func(*calls.ConvGradData, *calls.NormGradSums) []device.Call { return nil }, true},
		"something else in between": {func(*calls.ConvGradData, *calls.NormGradSums) []device.Call {
			return []device.Call{&calls.Add{A: features(), B: features(), Y: features()}}
		}, true},
		"the gradient is added to": {func(_ *calls.ConvGradData, s *calls.NormGradSums) []device.Call {
			return []device.Call{&calls.Add{A: features(), B: s.DY, Y: s.DY}}
		}, false},
		"z is made in between": {func(_ *calls.ConvGradData, s *calls.NormGradSums) []device.Call {
			return []device.Call{&calls.Add{A: features(), B: features(), Y: s.Z}}
		}, false},
		"somebody uses the sums' memory": {func(_ *calls.ConvGradData, s *calls.NormGradSums) []device.Call {
			return []device.Call{&calls.ChannelSum{
				X:   features(),
				Sum: &device.Tensor{Shape: []int{5}, Parent: s.Sums, Start: 5},
			}}
		}, false},
		"the sums are in the arena": {func(_ *calls.ConvGradData, s *calls.NormGradSums) []device.Call {
			s.Sums.Buffer = nil
			return nil
		}, false},
		"a part of the gradient": {func(_ *calls.ConvGradData, s *calls.NormGradSums) []device.Call {
			s.DY.Parent = features()
			return nil
		}, false},
		"a 1×1 convolution": {func(c *calls.ConvGradData, _ *calls.NormGradSums) []device.Call {
			c.W = plain(5, 5, 1, 1)
			return nil
		}, false},
	} {
		dy := features()
		conv := &calls.ConvGradData{DZ: features(), W: plain(5, 5, 3, 3), DX: dy}
		sums := &calls.NormGradSums{
			Z: features(), DY: dy, Norm: &calls.Norm{Stats: plain(2, 5), Gamma: plain(5), Beta: plain(5)},
			Sums: plain(2, 5),
		}
		sums.Sums.Buffer = &buffer{shape: []int{2, 5}}
		between := c.change(conv, sums)
		joined, taken := joinSums(append(append([]device.Call{conv}, between...), sums))
		if got := joined[conv] == sums; got != c.joined || taken[sums] != c.joined {
			t.Errorf("%s: joined is %v", name, got)
		}
	}
}

package cuda

import (
	"testing"

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
	conv := &device.Conv{X: map4(), W: &device.Tensor{Shape: []int{5, 5, 1, 1}}, Z: map4(), Stats: stats}
	update := &device.UpdateRunning{Stats: stats, Running: row(0), Momentum: 0.1, Count: 16}
	looks := func(at int) device.Call {
		return &device.Activate{Z: map4(), Norm: &device.Norm{Stats: row(at), Gamma: stats, Beta: stats}, Y: map4()}
	}
	for name, c := range map[string]struct {
		calls  []device.Call
		joined bool
	}{
		"next to each other":       {[]device.Call{conv, update}, true},
		"somebody looks elsewhere": {[]device.Call{conv, looks(10), update}, true},
		"somebody looks":           {[]device.Call{conv, looks(0), update}, false},
		"somebody looks partly":    {[]device.Call{conv, looks(9), update}, false},
		"no convolution":           {[]device.Call{&device.BatchStats{Z: map4(), Stats: stats}, update}, false},
		"made anew":                {[]device.Call{conv, update, conv}, false},
	} {
		if got := joinRunning(c.calls)[stats] == update; got != c.joined {
			t.Errorf("%s: joined is %v", name, got)
		}
	}
}

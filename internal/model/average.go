package model

import (
	"strings"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/layers"
)

// averagePrefix precedes the names of averaged weights and running statistics in a state.
const averagePrefix = "average."

// averages holds the exponential moving average of the weights (Polyak and Juditsky 1992; as in Tarvainen and Valpola
// 2017), which evaluation and prediction use in the place of the weights:
//
//	a = a + (1−d)·(w − a),  d = min(Average, (1+k)/(10+k))  after update k = 1, 2, …
//
// The ramp of d is TensorFlow's: without it, a short training would be dominated by its initial weights. Running
// statistics are averaged alike, as timm and torchvision do. To recompute them by a pass over the training images
// instead is needed where an average spans distant weights (SWA, Izmailov et al. 2018); this one spans the last
// 1/(1−d) updates, in which statistics change little.
type averages struct {
	weights, running *device.Tensor
	share            *device.Tensor // 1−d of the present update
}

// allocateAverages allocates device memory for the averages.
func allocateAverages(dev device.Device, params *layers.Params) (*averages, error) {
	a := &averages{}
	for _, v := range []struct {
		name string
		at   **device.Tensor
		size int
	}{
		{"average of weights", &a.weights, params.Count()},
		{"average of running statistics", &a.running, params.RunningCount()},
		{"share of an update in the average", &a.share, 1},
	} {
		var err error
		if *v.at, err = persistent(dev, v.name, []int{v.size}, device.Plain); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// share returns 1−d of update k, counted from 1.
func share(average float64, k int) float64 { return max(1-average, 9/(10+float64(k))) }

// towards moves an average towards a value.
func towards(share, average, value float64) float64 { return average + share*(value-average) }

// updateAverages returns the calls that update the averages after the optimizer.
func (m *Model) updateAverages() []device.Call {
	a := m.averages
	if a == nil {
		return nil
	}
	towards := func(numbers []float64, average, weight float64, _ []float64) float64 {
		return towards(numbers[0], average, weight)
	}
	updates := []device.Call{&calls.Update{
		Of: "average of weights", Formula: towards, Param: a.weights, Grad: m.weights, Numbers: a.share,
	}}
	if a.running.Shape[0] > 0 {
		updates = append(updates, &calls.Update{
			Of: "average of running statistics", Formula: towards, Param: a.running, Grad: m.running, Numbers: a.share,
		})
	}
	return updates
}

// tested returns the vectors of weights and running statistics that evaluation and prediction use.
func (m *Model) tested() (weights, running *device.Tensor) {
	if m.averages != nil {
		return m.averages.weights, m.averages.running
	}
	return m.weights, m.running
}

// averaged returns the averages among the tensors of a state under the names of what they are averages of.
func averaged(tensors []Tensor) []Tensor {
	var out []Tensor
	for _, t := range tensors {
		if name, ok := strings.CutPrefix(t.Name, averagePrefix); ok {
			t.Name = name
			out = append(out, t)
		}
	}
	return out
}

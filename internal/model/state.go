package model

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/internal/checkpoint"
	"r2unet/internal/device"
	"r2unet/layers"
	"r2unet/layers/optimizers"
)

// Tensor is a named tensor in row-major order, in PyTorch's shape.
type Tensor = checkpoint.Tensor

// prefix returns the prefix of the names of the optimizer's state; weights and running statistics have none.
func (m *Model) prefix() string { return m.optimizerName + "." }

// accumulated is the prefix of the names of what is accumulated for the next update.
const accumulated = "accumulated"

// counter is a count that is saved as a scalar.
type counter struct {
	name  string
	count *int
}

// counters returns the counts of the state; the first is that of the optimizer's steps.
func (m *Model) counters() []counter {
	counters := []counter{{m.prefix() + "step", &m.step}}
	if m.config.Accumulate {
		counters = append(counters, counter{accumulated + ".samples", &m.samples},
			counter{accumulated + ".batches", &m.batches})
	}
	return counters
}

// Tensors reads the whole state: weights and running statistics under the names of docs/specification.md, the
// optimizer's state under the same names with the prefix "adam.m." or "adam.v.", averages with "average.", and the
// number of steps taken as the scalar "adam.step" (exact up to 2²⁴). With Config.Accumulate, there are also the mean
// gradient of the samples since the last update, "accumulated.gradient.", the number of these samples,
// "accumulated.samples" (without any, the gradient means nothing), and of all batches so far, "accumulated.batches".
// The data are copies.
func (m *Model) Tensors() ([]Tensor, error) { return m.TensorsInto(nil) }

// TensorsInto is Tensors in the memory of an earlier result of this model, which it overwrites: allocating memory for
// a large network takes several times as long as the copy. If `into` is nil it allocates.
func (m *Model) TensorsInto(into []Tensor) ([]Tensor, error) {
	var out []Tensor
	for _, v := range m.vectors() {
		n, first := v.tensor.Shape[0], len(out)
		var flat []float32
		if first < len(into) && cap(into[first].Data) == n {
			flat = into[first].Data[:n] // the first part of a vector has the capacity of the whole vector
		} else {
			flat = make([]float32, n)
		}
		if err := m.dev.Read(flat, v.tensor.Buffer); err != nil {
			return nil, fmt.Errorf("read %s: %w", v.tensor.Name, err)
		}
		out = append(out, v.split(flat)...)
	}
	for _, c := range m.counters() {
		out = append(out, Tensor{Name: c.name, Data: []float32{float32(*c.count)}})
	}
	return out, nil
}

// Weights returns the tensors of a state that prediction needs, without the optimizer's state: weights and running
// statistics, or their averages under the same names.
func Weights(tensors []Tensor) []Tensor {
	out := averaged(tensors)
	if out != nil {
		return out
	}
	for _, t := range tensors {
		first, _, _ := strings.Cut(t.Name, ".")
		if first != accumulated && !slices.Contains(optimizers.Names(), first) {
			out = append(out, t)
		}
	}
	return out
}

// Misfits lists how tensors differ from the weights and running statistics of a network: which are missing, unknown or
// of another shape. It is empty if Restore of the network would take them.
func Misfits(c Config, tensors []Tensor) ([]string, error) {
	c.Arch = c.Arch.WithDefaults()
	params, err := Parameters(c)
	if err != nil {
		return nil, err
	}
	want := vector{params: params.Trainable}.split(make([]float32, params.Count()))
	want = append(want, vector{params: params.Running}.split(make([]float32, params.RunningCount()))...)
	var misfits []string
	known := map[string]bool{}
	for _, w := range want {
		known[w.Name] = true
		switch i := slices.IndexFunc(tensors, func(t Tensor) bool { return t.Name == w.Name }); {
		case i < 0:
			misfits = append(misfits, fmt.Sprintf("%s %v is missing", w.Name, w.Shape))
		case !slices.Equal(tensors[i].Shape, w.Shape):
			misfits = append(misfits, fmt.Sprintf("%s is %v, expected %v", w.Name, tensors[i].Shape, w.Shape))
		}
	}
	for _, t := range tensors {
		if !known[t.Name] {
			misfits = append(misfits, fmt.Sprintf("%s %v does not belong to it", t.Name, t.Shape))
		}
	}
	return misfits, nil
}

// Restore sets the state that Tensors returned. A missing, misshapen or unknown tensor is an error, and then nothing
// has changed. Without "adam.step" and moments the optimizer starts anew, so that weights from other sources can be
// used.
func (m *Model) Restore(tensors []Tensor) error {
	byName := make(map[string]Tensor, len(tensors))
	for _, t := range tensors {
		if _, twice := byName[t.Name]; twice {
			return fmt.Errorf("restore: tensor %s is there twice", t.Name)
		}
		byName[t.Name] = t
	}
	counters := m.counters()
	counts := make([]int, len(counters))
	_, moments := byName[counters[0].name]
	for i, c := range counters {
		t, ok := byName[c.name]
		switch {
		case !moments:
			continue
		case !ok:
			return fmt.Errorf("restore: no tensor %s; is the checkpoint of another network?", c.name)
		case len(t.Data) != 1 || !(t.Data[0] >= 0) || t.Data[0] != float32(int(t.Data[0])):
			return fmt.Errorf("restore: %s = %v, expected one count", c.name, t.Data)
		}
		counts[i] = int(t.Data[0])
		delete(byName, c.name)
	}
	averages := slices.ContainsFunc(tensors, func(t Tensor) bool { return strings.HasPrefix(t.Name, averagePrefix) })
	type vectorData struct {
		buffer device.Buffer
		flat   []float32
	}
	var all []vectorData
	for _, v := range m.vectors() {
		flat := make([]float32, v.tensor.Shape[0])
		if v.average && !averages {
			continue // written below, from the weights
		}
		if v.moments && !moments {
			all = append(all, vectorData{v.tensor.Buffer, flat})
			continue
		}
		for _, want := range v.split(flat) {
			t, ok := byName[want.Name]
			switch {
			case !ok:
				return fmt.Errorf("restore: no tensor %s; is the checkpoint of another network?", want.Name)
			case !slices.Equal(t.Shape, want.Shape) || len(t.Data) != len(want.Data):
				return fmt.Errorf("restore: tensor %s has shape %v with %d values, expected %v",
					t.Name, t.Shape, len(t.Data), want.Shape)
			}
			copy(want.Data, t.Data)
			delete(byName, want.Name)
		}
		all = append(all, vectorData{v.tensor.Buffer, flat})
	}
	for name := range byName {
		return fmt.Errorf("restore: tensor %s does not belong to %s", name, m.config.Arch.Name)
	}
	if m.averages != nil && !averages {
		all = append(all, vectorData{m.averages.weights.Buffer, all[0].flat},
			vectorData{m.averages.running.Buffer, all[1].flat})
	}
	for _, v := range all { // check everything before writing anything
		if err := m.dev.Write(v.buffer, v.flat); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	for i, c := range counters {
		*c.count = counts[i]
	}
	if !m.config.Accumulate {
		m.batches = m.step
	}
	return nil
}

// vector is one of the model's flat vectors and its division into named tensors.
type vector struct {
	tensor  *device.Tensor
	prefix  string
	params  []layers.Param
	moments bool // state of the optimizer
	average bool
}

func (m *Model) vectors() []vector {
	vectors := []vector{
		{tensor: m.weights, params: m.params.Trainable},
		{tensor: m.running, params: m.params.Running},
	}
	for i, state := range m.optimizer.State() {
		vectors = append(vectors, vector{
			tensor: m.kept[i], prefix: m.prefix() + state + ".", params: m.params.Trainable, moments: true,
		})
	}
	if a := m.averages; a != nil {
		vectors = append(vectors,
			vector{tensor: a.weights, prefix: averagePrefix, params: m.params.Trainable, average: true},
			vector{tensor: a.running, prefix: averagePrefix, params: m.params.Running, average: true})
	}
	if m.mean != nil {
		vectors = append(vectors, vector{
			tensor: m.mean, prefix: accumulated + ".gradient.", params: m.params.Trainable, moments: true,
		})
	}
	return vectors
}

// split returns the named parts of the flat vector; they share its memory. Running statistics [2, C] are two tensors
// in PyTorch: "….running_mean" and "….running_var".
func (v vector) split(flat []float32) []Tensor {
	var out []Tensor
	for _, p := range v.params {
		data := flat[p.Offset : p.Offset+p.Elements()]
		if layers.IsRunning(p) {
			c := p.Shape[1]
			out = append(out, Tensor{Name: v.prefix + p.Name + "_mean", Shape: []int{c}, Data: data[:c]},
				Tensor{Name: v.prefix + p.Name + "_var", Shape: []int{c}, Data: data[c:]})
			continue
		}
		out = append(out, Tensor{Name: v.prefix + p.Name, Shape: p.Shape, Data: data})
	}
	return out
}

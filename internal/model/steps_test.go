package model

import (
	"slices"
	"testing"

	"r2unet/internal/device"
	"r2unet/internal/device/ref"
)

// late is a device whose posts arrive only when somebody waits for them.
type late struct {
	device.Device
	posted [][]float32
}

func (d *late) Post(from device.Buffer) error {
	n := 1
	for _, size := range from.Shape() {
		n *= size
	}
	values := make([]float32, n)
	d.posted = append(d.posted, values)
	return d.Read(values, from)
}

func (d *late) Posted(wait bool) ([][]float32, error) {
	if !wait {
		return nil, nil
	}
	posted := d.posted
	d.posted = nil
	return posted, nil
}

func TestStepsStartedTogetherMeasureWhatSingleStepsDo(t *testing.T) {
	const steps, n, h, w = 6, 2, 8, 12
	c := small
	c.Arch.Channels = []int{3, 5}
	all := devices(t)
	all["late"] = &late{Device: ref.New[float32]()}
	for name, dev := range all {
		single, together := newModel(t, c, dev), newModel(t, c, dev)
		var want []Metrics
		for step := range steps {
			b := batch(uint64(step), n, 1, h, w)
			train, err := single.Train(t.Context(), b, 1e-3)
			if err != nil {
				t.Fatal(err)
			}
			evaluation, err := single.Evaluate(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, train, evaluation)
		}
		var got []Metrics
		collect := func(wait bool) {
			metrics, err := together.Collect(wait)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, metrics...)
		}
		for step := range steps {
			b := batch(uint64(step), n, 1, h, w)
			if err := together.StartTrain(t.Context(), b, 1e-3); err != nil {
				t.Fatal(err)
			}
			if err := together.StartEvaluate(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			clear(b.Images) // they are the caller's again
			collect(step == 3)
		}
		collect(true)
		if !slices.Equal(got, want) {
			t.Errorf("%s: steps started together measure %v, single ones %v", name, got, want)
		}
		if !sameBits(stateOf(t, together), stateOf(t, single)) {
			t.Errorf("%s: another state", name)
		}
	}
}

func TestSingleStepRefusesToSwallowMetricsOfOthers(t *testing.T) {
	const n, h, w = 1, 8, 8
	c := small
	c.Arch.Channels = []int{3, 5}
	m := newModel(t, c, &late{Device: ref.New[float32]()})
	b := batch(1, n, 1, h, w)
	if err := m.StartTrain(t.Context(), b, 1e-3); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Evaluate(t.Context(), b); err == nil {
		t.Error("no error")
	}
	if metrics, err := m.Collect(true); err != nil || len(metrics) != 1 {
		t.Errorf("%v, %v", metrics, err)
	}
	if _, err := m.Evaluate(t.Context(), b); err != nil {
		t.Error(err)
	}
}

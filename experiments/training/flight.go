package training

import (
	"fmt"
	"time"
)

// flight is the steps that a network was asked for and whose metrics have not come back, oldest first. On a device that computes
// before it returns there is never more than one.
type flight struct {
	net     Network
	samples []int         // of each step
	busy    time.Duration // spent on them by the caller since metrics last came back
}

// landed is a step whose metrics have come back.
type landed struct {
	Metrics
	samples int
	took    time.Duration // the caller's time
}

// started adds a step that took the caller some time to start.
func (f *flight) started(samples int) { f.samples = append(f.samples, samples) }

// land gives the steps that have come back, or with wait all. The time since `start` counts as theirs.
func (f *flight) land(wait bool, start time.Time, now func() time.Time) ([]landed, error) {
	if len(f.samples) == 0 {
		return nil, nil
	}
	metrics, err := f.net.Collect(wait)
	f.busy += now().Sub(start)
	if err != nil {
		return nil, err
	}
	if len(metrics) > len(f.samples) {
		return nil, fmt.Errorf("metrics of %d steps came back, %d were under way", len(metrics), len(f.samples))
	}
	steps := make([]landed, len(metrics))
	for i, m := range metrics {
		steps[i] = landed{m, f.samples[i], f.busy / time.Duration(len(metrics))}
	}
	f.samples = f.samples[len(metrics):]
	if len(metrics) > 0 {
		f.busy = 0
	}
	return steps, nil
}

// drop forgets the steps under way, and the network's metrics of them.
func (f *flight) drop() error {
	if len(f.samples) == 0 {
		return nil
	}
	f.samples, f.busy = nil, 0
	_, err := f.net.Collect(true)
	return err
}

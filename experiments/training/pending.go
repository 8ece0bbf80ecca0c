package training

import (
	"fmt"
	"time"

	"r2unet/experiments/progress"
)

// pending holds the steps in flight, oldest first: started, but their metrics not collected. On a synchronous device
// there is never more than one.
type pending struct {
	net     collector
	samples []int         // of each step
	busy    time.Duration // spent on them by the caller since metrics last came back
}

// measured is a step with its collected metrics.
type measured struct {
	Metrics
	samples int
	took    time.Duration // the caller's time
}

// step converts a measured step for observers.
func (m measured) step(phase progress.Phase, number, of int) progress.Step {
	return progress.Step{Phase: phase, Number: number, Of: of, Samples: m.samples, Took: m.took}
}

// len returns the number of steps in flight.
func (p *pending) len() int { return len(p.samples) }

// add adds a started step.
func (p *pending) add(samples int) { p.samples = append(p.samples, samples) }

// collect returns the finished steps, or all if wait is true. The time since start is attributed to them.
func (p *pending) collect(wait bool, start time.Time, now func() time.Time) ([]measured, error) {
	if len(p.samples) == 0 {
		return nil, nil
	}
	metrics, err := p.net.Collect(wait)
	p.busy += now().Sub(start)
	if err != nil {
		return nil, err
	}
	if len(metrics) > len(p.samples) {
		return nil, fmt.Errorf("metrics of %d steps came back, %d were in flight", len(metrics), len(p.samples))
	}
	steps := make([]measured, len(metrics))
	for i, m := range metrics {
		steps[i] = measured{m, p.samples[i], p.busy / time.Duration(len(metrics))}
	}
	p.samples = p.samples[len(metrics):]
	if len(metrics) > 0 {
		p.busy = 0
	}
	return steps, nil
}

// drop discards the steps in flight and their metrics.
func (p *pending) drop() error {
	if len(p.samples) == 0 {
		return nil
	}
	p.samples, p.busy = nil, 0
	_, err := p.net.Collect(true)
	return err
}

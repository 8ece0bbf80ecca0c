package experiments

import (
	"fmt"
	"strings"
)

// sayDefined warns of calls in a training step without a kernel on the device, once per sweep and kind of call.
func (r *runner) sayDefined() error {
	_, h, w := r.trainer.Train.Shape()
	h, w = padded(r.job.run, h), padded(r.job.run, w)
	names, err := r.network.Defined(min(r.job.run.Training.Batch, r.trainer.Train.Len()), h, w)
	if err != nil {
		return err
	}
	var unsaid []string
	for _, name := range names {
		if !r.session.slow[name] {
			r.session.slow[name] = true
			unsaid = append(unsaid, name)
		}
	}
	if len(unsaid) > 0 {
		r.session.warn(fmt.Sprintf("no kernel on %s for %s: these run by their definition, slowly",
			r.session.device.Name(), strings.Join(unsaid, ", ")))
	}
	return nil
}

package experiments

import (
	"fmt"
	"strings"

	"r2unet/evaluate/measures"
	"r2unet/experiments/matrix"
)

// checkForeground refuses choices on images without foreground, of which any threshold and any epoch are as good as
// another, before hours are spent. The fold must be prepared.
func (r *runner) checkForeground() error {
	t, split, fold := r.job.run.Training, r.job.fold.Split, r.job.fold
	if len(r.job.tested) > 0 && fold.Labelled(r.job.tested) == 0 {
		r.session.warn(fmt.Sprintf("%s: nothing is labelled in any of its %d test images (%s), so F1, JS, SE and AUC "+
			"are not defined", r.job.run.Title(), len(r.job.tested), someOf(r.job.tested)))
	}
	if len(split.Validation) == 0 || fold.Labelled(split.Validation) > 0 {
		return nil
	}
	var on []string
	if t.Threshold == matrix.ThresholdValidation {
		on = append(on, "threshold")
	}
	if m := t.Selected(); m != nil && (m.TwoClasses || m == measures.Sensitivity) {
		on = append(on, "select")
	}
	if len(on) == 0 {
		return nil
	}
	keys := strings.Join(on, " and ")
	return fmt.Errorf("nothing is labelled in the validation images (%s), by which %s would choose: take others by "+
		"another split, seed or shares, or leave %s out", someOf(split.Validation), keys, keys)
}

// someOf names the first few of some images.
func someOf(ids []string) string {
	const most = 3
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return strings.Join(ids[:most], ", ") + ", …"
}

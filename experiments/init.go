package experiments

import (
	"fmt"
	"strings"

	"go.uber.org/zap"

	"r2unet/experiments/matrix"
	"r2unet/experiments/training"
	"r2unet/internal/model"
)

// mostMisfits is the largest number of tensors that an error lists.
const mostMisfits = 10

// checkInit returns an error if the weights that a run starts from are not those of its network.
func (s *sweep) checkInit(run matrix.Run, channels int) error {
	t := run.Training
	if t.Init == "" {
		return nil
	}
	tensors, err := training.ReadWeights(t.InitPath, t.InitHash)
	if err != nil {
		return fmt.Errorf("init = %q: %w", t.Init, err)
	}
	config, err := networkConfig(run, channels)
	if err != nil {
		return err
	}
	misfits, err := model.Misfits(config, tensors)
	if err != nil || len(misfits) == 0 {
		return err
	}
	more := ""
	if n := len(misfits) - mostMisfits; n > 0 {
		misfits, more = misfits[:mostMisfits], fmt.Sprintf("\n  and %d more", n)
	}
	return fmt.Errorf("init = %q: its tensors are not those of %s on %s:\n  %s%s", t.Init,
		matrix.ArchitectureTitle(run.Architecture), run.Dataset.Name, strings.Join(misfits, "\n  "), more)
}

// initialize gives the network the weights that the run starts from, if the settings name some.
func (r *runner) initialize() error {
	t := r.job.run.Training
	if t.Init == "" {
		return nil
	}
	tensors, err := training.ReadWeights(t.InitPath, t.InitHash)
	if err == nil {
		err = r.network.Restore(tensors)
	}
	if err != nil {
		return fmt.Errorf("start from the weights of %s: %w", t.Init, err)
	}
	r.log.Info("initialized", zap.String("file", t.Init), zap.String("sha256", t.InitHash))
	return nil
}

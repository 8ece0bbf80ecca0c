package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/record"
	"r2unet/experiments/assess"
	"r2unet/experiments/claim"
	"r2unet/experiments/matrix"
	"r2unet/experiments/training"
	"r2unet/internal/durable"
	"r2unet/internal/model"
)

// job is a run of the matrix with its opened data.
type job struct {
	run     matrix.Run
	id      string
	dir     string
	dataset *datasets.Dataset
	fold    *datasets.Fold // of dataset
	tested  []string
	cost    workload
	trial   *trial // nil if it is no trial of a search
}

// settings are those of a profile that do not change results.
type settings struct {
	workers   int           // goroutines that prepare samples
	saveEvery time.Duration // between two checkpoints inside an epoch
	timeBoth  bool          // time testing in both protocols
	keep      string        // which checkpoints a finished run keeps
}

// runner runs one job in a session.
type runner struct {
	session  *session
	job      *job
	settings settings
	fs       durable.FS // writes nothing once another process has taken the run over

	log           *zap.Logger
	network       *model.Model
	facts         datasets.Facts
	recipe        datasets.Recipe
	record        Record
	timing        Timing
	trainer       training.Trainer
	progress      tracker
	progressSaved time.Time
	store         training.Store
	prepared      bool                // an earlier session's state is restored
	trained       bool                // the weights to be tested are restored; the optimizer's state was not kept
	stated        training.Chosen     // by the restored checkpoint
	calibration   *assess.Calibration // nil where nothing chooses the temperature
	choice        *assess.Choice      // of the threshold; nil where nothing chooses it
	testedEpoch   int                 // whose weights are tested, if not always the last's
}

// execute claims a job and runs it from its present state to its end: train, test, write the record. When the context
// ends, it saves the state and returns ErrInterrupted. The run.json with status "finished" is written after everything
// else. If another process computes the run, the error is a *claim.HeldError.
func (s *sweep) execute(ctx context.Context, j *job) (evaluate.Result, error) {
	held, err := s.session.claim(j)
	if err != nil {
		return evaluate.Result{}, err
	}
	if found, err := ReadRecord(j.dir); err == nil && found.Result.Status == evaluate.Finished { // in between
		s.estimate.Drop(j.cost.total())
		return found.Result, held.Finish()
	}
	holding, letGo := held.Context(ctx)
	defer letGo()
	r := &runner{
		session: s.session, job: j, settings: s.settings, log: s.session.log.With(zap.String("run", j.id)),
		fs: durable.Staged(held.FS(s.session.fs), j.dir), progress: tracker{cost: j.cost, estimate: &s.estimate},
	}
	err = durable.RemoveLeftovers(r.fs, j.dir)
	if err == nil {
		err = r.prepare(holding)
	}
	if err == nil {
		err = r.train(holding)
	}
	if err == nil {
		err = r.test(holding)
	}
	if ctx.Err() == nil {
		s.estimate.Drop(r.progress.rest()) // of a training that ended early or failed
	}
	switch {
	case err == nil:
		return r.record.Result, held.Finish()
	case errors.Is(context.Cause(holding), claim.ErrLost), errors.Is(err, claim.ErrLost):
		return r.lost(held, cmp.Or(context.Cause(holding), err))
	case ctx.Err() != nil:
		result, err := r.interrupt(err)
		r.release(held, "interrupted")
		return result, err
	}
	result, err := r.fail(err)
	r.release(held, "failed")
	return result, err
}

// prepare creates the folder, the network and the sample sources, and restores an earlier session's state.
func (r *runner) prepare(ctx context.Context) error {
	if err := r.prepareData(ctx); err != nil {
		return err
	}
	var err error
	if r.timing, err = ReadTiming(r.job.dir); err != nil {
		r.session.warn(fmt.Sprintf("%v: the run's times are counted anew", err))
	}
	r.timing.Device = r.session.device.Describe()
	r.timing.Revision = Revision()
	r.timing.Sessions++
	if r.timing.Started.IsZero() {
		r.timing.Started = r.session.options.Now().UTC()
	}
	if err := r.session.fits(r.job, r.session.available()); err != nil {
		return err
	}
	if r.network, err = newNetwork(r.job.run, r.job.dataset.Channels(), r.session.device); err != nil {
		return err
	}
	r.store = training.Store{FS: r.fs, Dir: r.job.dir, Identity: training.Identity{
		Config: r.job.run, Data: r.facts.Hash, Recipe: r.recipe,
		Code: currentCode(), Kernels: r.session.device.Arithmetic(),
	}}
	settings := r.job.run.Training
	r.trainer = training.Trainer{
		Net: r.network, Settings: settings, Workers: r.settings.workers, Multiple: r.job.run.Architecture.Multiple(),
		Train:      training.Limit(r.job.fold.TrainSource(), settings.Samples),
		Validation: training.Limit(r.job.fold.ValidationSource(), settings.ValidationSamples),
		Saver:      r.newSaver(), Observer: r, Now: r.session.options.Now,
	}
	if t := r.job.trial; t != nil {
		r.trainer.Train = training.Limit(r.job.fold.Augmented(r.job.run.Dataset.Augment), settings.Samples)
		r.trainer.Prune = t.stops
	}
	if err := r.restore(); err != nil {
		return err
	}
	r.prepared = true
	return r.saveRecord(evaluate.Running, nil)
}

// prepareData decodes all images of the fold, so that a broken one is found before training.
func (r *runner) prepareData(ctx context.Context) (err error) {
	if err := r.job.fold.Prepare(ctx); err != nil {
		return err
	}
	r.facts = r.job.dataset.Facts()
	r.session.warnOfData(r.facts)
	r.facts.Splits = nil // the record has its own fold's
	if below, err := filepath.Rel(r.session.options.Data, r.facts.Source); err == nil && !r.facts.Phantom {
		r.facts.Source = filepath.ToSlash(below) // a record has no places
	}
	if r.recipe, err = r.job.fold.Recipe(ctx); err != nil {
		return err
	}
	return r.checkForeground()
}

// newSaver returns the writer of the run's checkpoints.
func (r *runner) newSaver() *training.Saver {
	return training.NewSaver(r.store, r.settings.saveEvery, r.session.options.Now, r.session.warn)
}

// restore restores the newest checkpoint, or, if there is none, the weights to start from.
func (r *runner) restore() error {
	snap, found, err := r.store.Load(r.session.warn)
	if err != nil {
		return err
	}
	if !found {
		return r.initialize()
	}
	if snap.Kernels != "" && lastKernels(snap.Kernels) != r.session.device.Arithmetic() {
		if !r.session.options.AnyKernels {
			return fmt.Errorf("the checkpoint was computed under other kernels (%s) than there are here (%s), and "+
				"the run would have the bits of neither: go on where it was begun, or with -any-kernels, or begin "+
				"anew with -fresh",
				snap.Kernels, r.session.device.Arithmetic())
		}
		r.store.Identity.Kernels = snap.Kernels + kernelsJoin + r.session.device.Arithmetic()
	} else if snap.Kernels != "" {
		r.store.Identity.Kernels = snap.Kernels
	}
	r.trainer.Saver = r.newSaver()
	if err := r.network.Restore(snap.Tensors); err != nil {
		return fmt.Errorf("restore the checkpoint: %w", err)
	}
	r.trainer.At, r.trainer.Best, r.trained, r.stated = snap.Position, snap.Best, snap.Finished, snap.Chosen
	r.progress.resume(snap.Position, r.trainer.Train.Len(), r.job.run.Training)
	r.log.Info("resumed", zap.Int("epoch", snap.Position.Epoch), zap.Int("step", snap.Position.Step))
	return nil
}

// train runs the rest of the training and writes the last state and the history.
func (r *runner) train(ctx context.Context) error {
	if r.trained {
		return r.trainer.At.History.Save(r.fs, r.job.dir)
	}
	r.log.Info("training", zap.Int("epochs", r.job.run.Training.Epochs), zap.Int("parameters", r.network.Parameters()))
	if err := r.sayDefined(); err != nil {
		return err
	}
	err := r.trainer.Run(ctx)
	if err != nil && ctx.Err() == nil {
		_ = r.trainer.Saver.Wait() // the run has failed already
		return err
	}
	snap, stateErr := r.trainer.Stopped()
	if stateErr != nil {
		return stateErr
	}
	unsaved := errors.Join(r.trainer.Saver.Final(snap), r.trainer.At.History.Save(r.fs, r.job.dir))
	if unsaved != nil {
		return unsaved
	}
	r.stated = training.Chosen{} // the last checkpoint states nothing yet
	return err
}

// takeBest restores the weights to be tested, if the settings select others than the last.
func (r *runner) takeBest() error {
	if r.job.run.Training.Select == "" {
		return nil
	}
	r.testedEpoch = r.trainer.At.Best.Epoch
	if r.trained {
		return nil
	}
	if err := r.network.Restore(r.trainer.Best); err != nil {
		return fmt.Errorf("take the weights of epoch %d: %w", r.testedEpoch, err)
	}
	return nil
}

// keepWeights reduces the checkpoints to what prediction needs, unless the profile keeps all. It precedes the record
// with status "finished", so that a finished run has the same files however often it was stopped.
func (r *runner) keepWeights() error {
	var chosen training.Chosen
	if r.choice != nil {
		chosen.Cut = r.choice.Threshold
	}
	if r.calibration != nil {
		chosen.Temperature = r.calibration.Temperature
	}
	if r.settings.keep == matrix.KeepAll && !r.trained {
		if chosen == r.stated {
			return nil
		}
		snap, _, err := r.store.Load(r.session.warn)
		if err != nil {
			return err
		}
		snap.Chosen = chosen
		return r.store.Finish(snap)
	}
	tensors, err := r.network.Tensors()
	if err != nil {
		return err
	}
	return r.store.Finish(training.Snapshot{
		Position: r.trainer.At, Tensors: model.Weights(tensors), Chosen: chosen, Finished: true,
	})
}

// test measures the trained network and writes the results.
func (r *runner) test(ctx context.Context) error {
	if err := r.takeBest(); err != nil {
		return err
	}
	run := r.job.run
	tester := assess.Tester{
		Net: r.network, Fold: r.job.fold, Settings: run.Training, Patch: run.Dataset.Patch,
		TimeBoth: r.settings.timeBoth, Recipe: r.recipe, Observer: r,
		FS: r.fs, Folder: filepath.Join(r.job.dir, record.PredictionsFolder),
		Samples: filepath.Join(r.session.folder, record.SampleFolder(run.Dataset.Name, run.Phantom)),
	}
	if ids := calibrators(run, r.job.fold.Split); ids != nil {
		calibration, err := tester.ChooseTemperature(ctx, ids)
		if err != nil {
			return err
		}
		r.calibration, tester.Temperature = &calibration, calibration.Temperature
	}
	if ids := choosers(run, r.job.fold.Split); ids != nil {
		choice, err := tester.ChooseThreshold(ctx, ids)
		if err != nil {
			return err
		}
		r.choice, tester.Cut = &choice, choice.Threshold
	}
	a, err := tester.Run(ctx, r.job.tested)
	if err != nil {
		return err
	}
	r.timing.Inference = a.Costs
	if err := durable.WriteJSON(r.fs, filepath.Join(r.job.dir, record.CurvesFile), a.Curves); err != nil {
		return err
	}
	if err := r.saveTiming(); err != nil {
		return err
	}
	r.record.Result.Measures, r.record.Result.Classes, r.record.Result.Threshold = a.Measures, a.Classes, a.Threshold
	err = r.fs.Remove(filepath.Join(r.job.dir, record.ProgressFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the progress of a finished run: %w", err)
	}
	if err := r.keepWeights(); err != nil {
		return err
	}
	scores := a.Measures.Inside.Micro
	r.log.Info("tested", zap.String("images", r.record.Result.Images()),
		zap.Float64("auc", scores.Of(measures.AUC)), zap.Float64("f1", scores.Of(measures.F1)))
	return r.saveRecord(evaluate.Finished, nil)
}

// interrupt records that the run can be resumed. If it was not prepared yet, the earlier session's record stays.
func (r *runner) interrupt(cause error) (evaluate.Result, error) {
	if !r.prepared {
		return r.record.Result, ErrInterrupted
	}
	if !errors.Is(cause, context.Canceled) {
		r.session.warn(fmt.Sprintf("%s: while stopping: %v; it goes on from the checkpoint before",
			r.job.run.Title(), cause))
	}
	err := errors.Join(r.saveTiming(), r.saveRecord(evaluate.Pending, nil))
	if err != nil {
		r.session.warn(err.Error())
	}
	return r.record.Result, ErrInterrupted
}

// fail records why the run failed.
func (r *runner) fail(cause error) (evaluate.Result, error) {
	r.log.Error("failed", zap.Error(cause))
	if err := r.saveRecord(evaluate.Failed, cause); err != nil {
		r.session.warn(err.Error())
	}
	return r.record.Result, cause
}

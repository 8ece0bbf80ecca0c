package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/evaluate/record"
	"r2unet/experiments/inference"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/experiments/training"
	"r2unet/internal/device/host"
	"r2unet/internal/durable"
	"r2unet/internal/model"
)

// job is one run of the matrix with its data opened.
type job struct {
	run     matrix.Run
	id      string
	dir     string
	dataset *datasets.Dataset
	split   datasets.Split
	tested  []string
	cost    workload
}

// runner carries out one job.
type runner struct {
	*sweep
	*job
	log           *zap.Logger
	network       *model.Model
	facts         datasets.Facts
	recipe        datasets.Recipe
	record        Record
	timing        Timing
	trainer       training.Trainer
	progress      meter
	progressSaved time.Time
	store         training.Store
	prepared      bool // the state of an earlier session is restored
	trained       bool // the weights that are tested are restored, and the optimizer's state was not kept
	testedEpoch   int  // whose weights are tested, where that need not be the last
}

// execute brings a job to its end, from wherever it stands: train, test, write the record. When the context ends, it saves
// the state and returns ErrInterrupted. A run.json that says "finished" is written last, when everything else is there.
func (s *sweep) execute(ctx context.Context, j *job) (evaluate.Result, error) {
	r := &runner{sweep: s, job: j, log: s.log.With(zap.String("run", j.id)), progress: meter{sweep: s, cost: j.cost}}
	err := r.prepare(ctx)
	if err == nil {
		err = r.train(ctx)
	}
	if err == nil {
		err = r.test(ctx)
	}
	switch {
	case err == nil:
		return r.record.Result, nil
	case ctx.Err() != nil:
		return r.interrupt(err)
	}
	return r.fail(err)
}

// prepare makes the folder, the network and the sample sources, and restores the state of an earlier session.
func (r *runner) prepare(ctx context.Context) error {
	if err := r.fs.MkdirAll(r.dir); err != nil {
		return fmt.Errorf("make the run's folder: %w", err)
	}
	if err := r.prepareData(ctx); err != nil {
		return err
	}
	var err error
	if r.timing, err = readTiming(r.dir); err != nil {
		r.warn(fmt.Sprintf("%v: the run's times are counted anew", err))
	}
	r.timing.Device = r.device.Describe()
	r.timing.Sessions++
	if r.timing.Started.IsZero() {
		r.timing.Started = r.options.Now().UTC()
	}
	if err := r.fits(r.job, r.available()); err != nil {
		return err
	}
	if r.network, err = newNetwork(r.run, r.dataset.Channels(), r.device); err != nil {
		return err
	}
	train, err := r.dataset.TrainSource(r.run.Fold)
	if err != nil {
		return err
	}
	validation, err := r.dataset.ValidationSource(r.run.Fold)
	if err != nil {
		return err
	}
	r.store = training.Store{FS: r.fs, Dir: r.dir, Identity: training.Identity{Config: r.run, Data: r.facts.Hash, Recipe: r.recipe, Code: currentCode(), Kernels: r.device.Arithmetic()}}
	r.trainer = training.Trainer{
		Net: r.network, Settings: r.run.Training, Workers: r.workers,
		Train: training.Limit(train, r.run.Training.Samples), Validation: training.Limit(validation, r.run.Training.ValidationSamples),
		Saver: r.newSaver(), Now: r.options.Now,
		Observer: r,
	}
	if err := r.restore(); err != nil {
		return err
	}
	r.prepared = true
	return r.saveRecord(evaluate.Running, nil)
}

// prepareData decodes all images of the fold, so that a broken one is found before training begins.
func (r *runner) prepareData(ctx context.Context) (err error) {
	if err := r.dataset.Prepare(ctx, r.run.Fold); err != nil {
		return err
	}
	r.facts = r.dataset.Facts()
	r.warnOfData(r.facts)
	r.facts.Splits = nil // the record has the one of its fold
	if below, err := filepath.Rel(r.options.Data, r.facts.Source); err == nil && !r.facts.Phantom {
		r.facts.Source = filepath.ToSlash(below) // a record names no place
	}
	r.recipe, err = r.dataset.Recipe(ctx, r.run.Fold)
	return err
}

// newSaver makes what writes the run's checkpoints.
func (r *runner) newSaver() *training.Saver {
	return training.NewSaver(r.store, r.saveEvery, r.options.Now, r.warn)
}

// restore puts back the newest checkpoint, where there is one.
func (r *runner) restore() error {
	snap, found, err := r.store.Load(r.warn)
	if err != nil || !found {
		return err
	}
	if snap.Kernels != "" && lastKernels(snap.Kernels) != r.device.Arithmetic() {
		if !r.options.AnyKernels {
			return fmt.Errorf("the checkpoint was computed under other kernels (%s) than there are here (%s), and the run would have the bits of neither: go on where it was begun, or with -any-kernels, or begin anew with -fresh",
				snap.Kernels, r.device.Arithmetic())
		}
		r.store.Identity.Kernels = snap.Kernels + kernelsJoin + r.device.Arithmetic()
	} else if snap.Kernels != "" {
		r.store.Identity.Kernels = snap.Kernels
	}
	r.trainer.Saver = r.newSaver()
	if err := r.network.Restore(snap.Tensors); err != nil {
		return fmt.Errorf("restore the checkpoint: %w", err)
	}
	r.trainer.At, r.trainer.Best, r.trained = snap.Position, snap.Best, snap.Finished
	r.progress.resume(snap.Position, r.trainer.Train.Len(), r.run.Training)
	r.log.Info("resumed", zap.Int("epoch", snap.Position.Epoch), zap.Int("step", snap.Position.Step))
	return nil
}

// train trains what is left and makes sure that the last state and its history are on the disk.
func (r *runner) train(ctx context.Context) error {
	if r.trained {
		return r.trainer.At.History.Save(r.fs, r.dir)
	}
	r.log.Info("training", zap.Int("epochs", r.run.Training.Epochs), zap.Int("parameters", r.network.Parameters()))
	if err := r.sayDefined(); err != nil {
		return err
	}
	err := r.trainer.Run(ctx)
	if err != nil && ctx.Err() == nil {
		r.trainer.Saver.Wait() // a run that fails gains nothing from what it says of the state
		return err
	}
	snap, stateErr := r.trainer.Stopped()
	if stateErr != nil {
		return stateErr
	}
	if unsaved := errors.Join(r.trainer.Saver.Final(snap), r.trainer.At.History.Save(r.fs, r.dir)); unsaved != nil {
		return unsaved
	}
	return err
}

// takeBest gives the network the weights that are to be tested, where the settings want others than the last.
func (r *runner) takeBest() error {
	if r.run.Training.Select != matrix.SelectLoss {
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

// keepWeights leaves of the checkpoints what prediction needs, unless the profile wants to keep all. It comes before the record that says
// "finished", so that a finished run has the same files however often it was stopped.
func (r *runner) keepWeights() error {
	if r.profile.Keep == matrix.KeepAll && !r.trained {
		return nil
	}
	tensors, err := r.network.Tensors()
	if err != nil {
		return err
	}
	return r.store.Finish(training.Snapshot{Position: r.trainer.At, Tensors: model.Weights(tensors), Finished: true})
}

// test measures the trained network and writes what came out.
func (r *runner) test(ctx context.Context) error {
	if err := r.takeBest(); err != nil {
		return err
	}
	tester := inference.Tester{
		Net: r.network, Dataset: r.dataset, Settings: r.run.Training, Fold: r.run.Fold, Patch: r.run.Dataset.Patch, TimeBoth: r.timeBoth,
		FS: r.fs, Folder: filepath.Join(r.dir, predictionsFolder), Observer: r,
		Samples: filepath.Join(r.folder, record.SampleFolder(r.run.Dataset.Name, r.run.Phantom)), Recipe: r.recipe,
	}
	a, err := tester.Run(ctx, r.tested)
	if err != nil {
		return err
	}
	r.timing.Inference = a.Costs
	if err := durable.WriteJSON(r.fs, filepath.Join(r.dir, curvesFile), a.Curves); err != nil {
		return err
	}
	if err := r.saveTiming(); err != nil {
		return err
	}
	r.record.Result.Measures, r.record.Result.Threshold = a.Measures, a.Threshold
	if err := r.fs.Remove(filepath.Join(r.dir, progressFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the progress of a finished run: %w", err)
	}
	if err := r.keepWeights(); err != nil {
		return err
	}
	r.log.Info("tested", zap.Float64("auc", a.Measures.Inside.Micro.Of(measures.AUC)), zap.Float64("f1", a.Measures.Inside.Micro.Of(measures.F1)))
	return r.saveRecord(evaluate.Finished, nil)
}

// interrupt notes that the run waits to be resumed. Where it had not gone on yet, what an earlier session has noted stays.
func (r *runner) interrupt(cause error) (evaluate.Result, error) {
	if !r.prepared {
		return r.record.Result, ErrInterrupted
	}
	if !errors.Is(cause, context.Canceled) {
		r.warn(fmt.Sprintf("%s: while stopping: %v; it goes on from the checkpoint before", r.run.Title(), cause))
	}
	err := errors.Join(r.saveTiming(), r.saveRecord(evaluate.Pending, nil))
	if err != nil {
		r.warn(err.Error())
	}
	return r.record.Result, ErrInterrupted
}

// fail notes why the run could not be finished.
func (r *runner) fail(cause error) (evaluate.Result, error) {
	r.log.Error("failed", zap.Error(cause))
	if err := r.saveRecord(evaluate.Failed, cause); err != nil {
		r.warn(err.Error())
	}
	return r.record.Result, cause
}

// EpochEnded writes what an epoch's end makes known, and the report where it has become old. What cannot be written now is written at
// the end of another epoch, and at the latest before the run is tested.
func (r *runner) EpochEnded(h training.History) {
	e := h[len(h)-1]
	r.log.Info("epoch", zap.Int("epoch", len(h)), zap.Any("train", e.Train), zap.Any("validation", e.Validation))
	if err := errors.Join(h.Save(r.fs, r.dir), r.saveTiming()); err != nil {
		r.warn(fmt.Sprintf("training goes on: %v", err))
	}
	r.refreshReport()
}

// saveTiming writes timing.json.
func (r *runner) saveTiming() error {
	if r.timing.TrainSeconds > 0 {
		r.timing.TrainSamplesPerSecond = float64(r.timing.TrainSamples) / r.timing.TrainSeconds
	}
	r.timing.PeakMemoryBytes = max(r.timing.PeakMemoryBytes, host.Peak())
	r.timing.Written = r.options.Now().UTC()
	return r.timing.save(r.fs, r.dir)
}

// saveRecord writes run.json.
func (r *runner) saveRecord(status evaluate.Status, cause error) error {
	hash, err := r.run.Hash()
	if err != nil {
		return err
	}
	result := newResult(r.job, status)
	result.Measures = r.record.Result.Measures
	result.Threshold = cmp.Or(r.record.Result.Threshold, result.Threshold)
	result.DataHash, result.Data = evaluate.ShortHash(r.facts.Hash), r.data()
	notes := slices.Concat(r.facts.Notes, r.facts.Warnings)
	if r.testedEpoch > 0 {
		notes = append(notes, fmt.Sprintf("tested with the weights of epoch %d of %d, which had the smallest validation loss", r.testedEpoch, r.run.Training.Epochs))
	}
	result.Kernels = r.store.Identity.Kernels
	if strings.Contains(result.Kernels, kernelsJoin) {
		notes = append(notes, "begun under other kernels, so it has the bits of neither: "+result.Kernels)
	}
	result.Note = strings.Join(notes, "; ")
	if r.network != nil {
		result.Parameters = r.network.Parameters()
	}
	if cause != nil {
		result.Error = cause.Error()
	}
	result.Cost = r.timing.Cost
	r.record = Record{
		Config: r.run, ConfigHash: hash, Dataset: r.facts, Split: r.split, Tested: r.tested, Recipe: r.recipe,
		Best: r.trainer.At.Best, TestedEpoch: r.testedEpoch, Result: result, Versions: currentVersions(),
	}
	return r.record.save(r.fs, r.dir)
}

// newResult is a job's result before anything is measured.
func newResult(j *job, status evaluate.Status) evaluate.Result {
	return evaluate.Result{
		RunID: j.id, Status: status,
		Dataset: j.run.Dataset.Name, Phantom: j.run.Phantom,
		Architecture: j.run.Architecture.Name, Facets: facetsOf(j.run.Architecture),
		Fold: j.run.Fold, Folds: j.dataset.Folds(), Seed: j.run.Seed,
		Epochs: j.run.Training.Epochs, Threshold: evaluate.DefaultThreshold,
	}
}

// facetsOf lists what tells a network from others, for its results.
func facetsOf(a arch.Config) []evaluate.Facet {
	var facets []evaluate.Facet
	for _, f := range a.Facets() {
		if !f.Default {
			facets = append(facets, evaluate.Facet{Key: f.Key, Value: f.Value, Text: f.Text, In: string(f.In)})
		}
	}
	return facets
}

// Stepped counts the time of a step and shows how far the run is.
func (r *runner) Stepped(s progress.Step) {
	if s.Phase == progress.Train {
		r.timing.TrainSamples += s.Samples
		r.timing.TrainSeconds += s.Took.Seconds()
	}
	r.progress.spent(s.Phase, s.Samples, s.Took)
	u := r.progress.update(s.Phase, s.Number, s.Of)
	u.Epoch, u.Epochs, u.Loss = min(r.trainer.At.Epoch+1, r.run.Training.Epochs), r.run.Training.Epochs, r.trainer.At.Loss()
	r.reporter.Update(u)
	r.saveProgress(u)
	if s.Phase == progress.Train {
		r.log.Debug("step", zap.Int("epoch", u.Epoch), zap.Int("step", s.Number), zap.Float64("loss", u.Loss), zap.Float64("samples_per_second", u.SamplesPerSecond))
	}
}

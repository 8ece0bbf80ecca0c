package experiments

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/device"
	"r2unet/internal/model"
	"r2unet/layers/losses"
)

// opening identifies an opened dataset.
type opening struct {
	name string
	seed uint64
}

// expand opens the datasets that a profile's selected runs need, and lists all runs on them with their data and work.
func (s *sweep) expand(ctx context.Context, selection matrix.Selection) ([]*job, error) {
	configs, err := selection.Datasets(s.file.DatasetConfigs(s.profile))
	if err != nil {
		return nil, err
	}
	sources := map[string]matrix.Source{}
	for _, config := range configs {
		d, err := s.open(ctx, config, s.session.options.Seed)
		if err != nil {
			placed := s.file.Place(s.profile, config.Name, err)
			if placed == err && config.Folder != "" { // the key that chose the files
				placed = s.file.PlaceAt(s.profile, config.Name, "folder", err)
			}
			return nil, placed
		}
		sources[config.Name] = matrix.Source{Phantom: d.Phantom, Folds: d.Folds()}
	}
	if err := s.file.CheckFolds(s.profile, sources); err != nil {
		return nil, err
	}
	runs, err := s.file.Expand(s.profile, sources, s.session.deviceKind, s.session.options.Seed)
	if err != nil {
		return nil, err
	}
	if err := s.file.CheckStride(s.profile, runs); err != nil {
		return nil, err
	}
	var jobs []*job
	var refused []error
	for _, run := range runs {
		if err := s.settleEpochs(ctx, &run); err != nil {
			return nil, fmt.Errorf("%s: %w", run.Title(), err)
		}
		selected := selection.Match(run)
		if selected {
			if err := s.check(ctx, run); err != nil {
				refused = append(refused, err)
			}
		}
		j, err := s.newJob(ctx, run)
		if err != nil && len(refused) > 0 {
			continue // the refusal is the reason
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", run.Title(), err)
		}
		if selected {
			if err := s.session.checkMemory(j); err != nil {
				refused = append(refused, s.file.PlaceAt(s.profile, run.Dataset.Name, "batch", err))
			}
			refused = append(refused, s.checkCorners(ctx, j)...)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, joinDistinct(refused)
}

// settleEpochs sets the epochs of a run that has a compute budget.
func (s *sweep) settleEpochs(ctx context.Context, run *matrix.Run) error {
	if run.Training.ComputeBudget == 0 {
		return nil
	}
	d, err := s.open(ctx, run.Dataset, run.Seed)
	if err != nil {
		return err
	}
	fold, err := d.Fold(run.Fold)
	if err != nil {
		return err
	}
	cost, err := s.workload(*run, fold, 0)
	if err != nil {
		return err
	}
	if epoch := cost.of(progress.Train, cost.trained); epoch > 0 { // without samples, check says what is wrong
		run.Training.Epochs = run.Training.EpochsWithin(epoch)
	}
	return nil
}

// check checks a run's settings against its data and network before anything is computed.
func (s *sweep) check(ctx context.Context, run matrix.Run) error {
	d, err := s.open(ctx, run.Dataset, run.Seed)
	if err != nil {
		return s.file.Place(s.profile, run.Dataset.Name, err)
	}
	fold, err := d.Fold(run.Fold)
	if err != nil {
		return err
	}
	train, validation := fold.TrainSource(), fold.ValidationSource()
	if err := s.checkInit(run, d.Channels()); err != nil {
		return s.file.PlaceAt(s.profile, run.Dataset.Name, "init", err)
	}
	samples := matrix.Samples{
		Train: train.Len(), Validation: validation.Len(), Test: len(fold.Test), Held: len(fold.Validation),
	}
	_, samples.Height, samples.Width = train.Shape()
	if run.Dataset.Patch == 0 && !run.Dataset.Size.Set() {
		samples.Height, samples.Width = padded(run, samples.Height), padded(run, samples.Width)
	}
	for i, id := range fold.Train {
		width, height, err := d.Size(id)
		if err != nil {
			return err
		}
		if side := min(width, height); i == 0 || side < samples.ShortestSide {
			samples.ShortestSide = side
		}
	}
	return s.file.Check(s.profile, run, samples)
}

// joinDistinct joins errors, dropping repeated texts.
func joinDistinct(errs []error) error {
	var distinct []error
	for _, err := range errs {
		if !slices.ContainsFunc(distinct, func(e error) bool { return e.Error() == err.Error() }) {
			distinct = append(distinct, err)
		}
	}
	return errors.Join(distinct...)
}

// open opens a dataset, once per seed.
func (s *sweep) open(ctx context.Context, config datasets.Config, seed uint64) (*datasets.Dataset, error) {
	key := opening{config.Name, seed}
	if d := s.opened[key]; d != nil {
		return d, nil
	}
	config.Cache = filepath.Join(s.session.options.Out, "cache")
	config.Note = func(line string) {
		if ctx.Err() == nil { // a stopped sweep prints nothing more
			s.session.note(line)
		}
	}
	d, err := datasets.Open(ctx, config, s.session.options.Data, seed)
	if err != nil {
		return nil, err
	}
	s.opened[key] = d
	return d, nil
}

// newJob returns a run with its data and work.
func (s *sweep) newJob(ctx context.Context, run matrix.Run) (*job, error) {
	id, err := run.ID()
	if err != nil {
		return nil, err
	}
	d, err := s.open(ctx, run.Dataset, run.Seed)
	if err != nil {
		return nil, err
	}
	fold, err := d.Fold(run.Fold)
	if err != nil {
		return nil, err
	}
	tested := measured(run, fold.Split)
	if n := run.Training.TestImages; n > 0 && n < len(tested) {
		tested = tested[:n]
	}
	cost, err := s.workload(run, fold, len(tested))
	if err != nil {
		return nil, err
	}
	return &job{run: run, id: id, dataset: d, fold: fold, tested: tested, cost: cost}, nil
}

// measured returns the images of a split on which a run is measured.
func measured(run matrix.Run, split datasets.Split) []string {
	if run.Training.Assess == matrix.AssessValidation {
		return split.Validation
	}
	return split.Test
}

// calibrators are the images of a split that choose the temperature of a run.
func calibrators(run matrix.Run, split datasets.Split) []string {
	if run.Training.Temperature == matrix.TemperatureValidation {
		return split.Validation
	}
	return nil
}

// choosers are the images of a split that choose the threshold of a run.
func choosers(run matrix.Run, split datasets.Split) []string {
	switch run.Training.Threshold {
	case matrix.ThresholdValidation:
		return split.Validation
	case matrix.ThresholdTraining:
		return split.Train
	}
	return nil
}

// workload counts a run's operations without decoding images.
func (s *sweep) workload(run matrix.Run, fold *datasets.Fold, tested int) (workload, error) {
	c, t, facts := run.Dataset, run.Training, fold.Dataset.Facts()
	height, width := facts.Height[1], facts.Width[1]
	if c.Size.Set() {
		height, width = c.Size.Height, c.Size.Width
	}
	trained, validated := len(fold.Train), len(fold.Validation)
	sampleHeight, sampleWidth := padded(run, height), padded(run, width)
	if c.Patch > 0 {
		trained, validated, sampleHeight, sampleWidth = c.Patches, c.ValidationPatches, c.Patch, c.Patch
	}
	n, err := s.network(run, fold.Dataset.Channels())
	if err != nil {
		return workload{}, err
	}
	return newWorkload(run, n, workload{
		epochs: t.Epochs, tested: tested,
		trained: atMost(trained, t.Samples), validated: atMost(validated, t.ValidationSamples),
		choosing: len(calibrators(run, fold.Split)) + len(choosers(run, fold.Split)),
		height:   sampleHeight, width: sampleWidth, testHeight: height, testWidth: width,
	}), nil
}

// padded is a side of a whole image, px, as a run's network takes it.
func padded(run matrix.Run, side int) int {
	multiple := run.Architecture.Multiple()
	return (side + multiple - 1) / multiple * multiple
}

// atMost returns n, or limit if that is set and smaller.
func atMost(n, limit int) int {
	if limit > 0 {
		return min(n, limit)
	}
	return n
}

// newNetwork builds a run's network with its initial weights.
func newNetwork(run matrix.Run, channels int, dev device.Device) (*model.Model, error) {
	config, err := networkConfig(run, channels)
	if err != nil {
		return nil, err
	}
	return model.New(config, dev)
}

// networkConfig returns what a run's network is made from.
func networkConfig(run matrix.Run, channels int) (model.Config, error) {
	loss, err := losses.Parse(run.Training.Loss)
	if err != nil {
		return model.Config{}, fmt.Errorf("loss = %w", err)
	}
	return model.Config{
		Arch: run.Architecture, InChannels: channels, Classes: len(run.Dataset.Classes),
		Loss: loss, Optimizer: run.Training.Optimizer,
		WeightDecay: run.Training.WeightDecay, ClipNorm: run.Training.ClipNorm, Accumulate: run.Training.Accumulate > 1,
		Average: run.Training.Average, Freeze: run.Training.Freeze,
		Seed: run.Seed, InitialGain: run.Training.InitialGain,
	}, nil
}

package experiments

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/internal/durable"
)

// measureObservers measures the second observer's labels of the test images against the first's, as a network's masks
// are measured, for the row of tables that says how far two people agree. They are kept in the results folder.
func (s *sweep) measureObservers(ctx context.Context, jobs []*job) error {
	known, err := readObservers(s.session.folder)
	if err != nil {
		s.session.warn(err.Error() + "; the second observers are measured again")
	}
	changed := false
	for _, t := range testedByBoth(jobs) {
		same := func(r evaluate.Result) bool { return r.Dataset == t.dataset.Name && r.DataHash == t.hash() }
		if i := slices.IndexFunc(known, same); i >= 0 {
			if slices.Equal(imagesOf(known[i]), t.ids) {
				continue
			}
			known = slices.Delete(known, i, i+1)
		}
		result, err := t.measure(ctx)
		if err != nil {
			return err
		}
		if result != nil {
			known, changed = append(known, *result), true
		}
	}
	if !changed {
		return nil
	}
	content, err := json.MarshalIndent(known, "", " ")
	if err != nil {
		return fmt.Errorf("encode second observers: %w", err)
	}
	return durable.WriteBytes(s.session.fs, filepath.Join(s.session.folder, record.ObserversFile), content)
}

// readObservers reads the second observers of a results folder; none if the file is missing.
func readObservers(folder string) ([]evaluate.Result, error) {
	var known []evaluate.Result
	if err := record.ReadJSON(filepath.Join(folder, record.ObserversFile), &known); err != nil {
		if os.IsNotExist(err) {
			return nil, nil
		}
		return nil, err
	}
	return slices.DeleteFunc(known, func(r evaluate.Result) bool { return !r.Observer }), nil
}

// both is a dataset with two observers.
type both struct {
	dataset *datasets.Dataset
	ids     []string // of the images that some run is tested on, ordered
	test    []string // of all test images of these runs' folds
}

// testedByBoth lists the datasets whose runs are tested against the first observer and that may have a second.
func testedByBoth(jobs []*job) []both {
	var all []both
	for _, j := range jobs {
		c := j.run.Dataset
		if j.run.Phantom || c.Observer == 2 || j.run.Training.Assess == matrix.AssessValidation ||
			!j.dataset.HasSecondObserver() {
			continue
		}
		i := slices.IndexFunc(all, func(b both) bool { return b.dataset.Name == j.dataset.Name })
		if i < 0 {
			i = len(all)
			all = append(all, both{dataset: j.dataset})
		}
		all[i].ids = append(all[i].ids, j.tested...)
		all[i].test = append(all[i].test, j.fold.Test...)
	}
	distinct := func(ids []string) []string { slices.Sort(ids); return slices.Compact(ids) }
	for i := range all {
		all[i].ids, all[i].test = distinct(all[i].ids), distinct(all[i].test)
	}
	return all
}

func (b both) hash() string { return evaluate.ShortHash(b.dataset.Facts().Hash) }

// measure measures the second observer. It returns nil if an image has no label of theirs.
func (b both) measure(ctx context.Context) (*evaluate.Result, error) {
	collector := evaluate.NewCollector(evaluate.Options{Masks: true})
	defer func() { _ = collector.Close() }()
	for _, id := range b.ids {
		first, second, fov, size, err := b.dataset.Labels(ctx, id)
		if err != nil || second == nil {
			return nil, err
		}
		marked := make([]float32, len(second))
		for i, v := range second {
			marked[i] = float32(v)
		}
		err = collector.Add(evaluate.Image{
			ID: id, Width: size.Width, Height: size.Height, Probabilities: marked, Truth: first, FOV: fov,
		})
		if err != nil {
			return nil, fmt.Errorf("measure the second observer: %w", err)
		}
	}
	measured, err := collector.Measures()
	if err != nil {
		return nil, fmt.Errorf("measure the second observer: %w", err)
	}
	facts := b.dataset.Facts()
	result := &evaluate.Result{
		RunID: record.Slug(b.dataset.Name) + "-second-observer", Status: evaluate.Finished, Observer: true,
		Dataset: b.dataset.Name, DataHash: b.hash(), Architecture: "Second observer", Folds: 1, Seed: 1,
		Threshold: evaluate.DefaultThreshold, Measures: measured, Patients: b.dataset.Patients(b.ids),
		Data: &evaluate.Data{
			Tested: len(b.ids), Test: len(b.test), Width: facts.Width, Height: facts.Height, Observer: 1,
			Images: facts.Images,
		},
		Note: "another person's labels of the same images, not a network",
	}
	for _, part := range facts.Published {
		result.Data.Parts = append(result.Data.Parts, evaluate.Part(part))
	}
	return result, nil
}

// imagesOf lists the images that a result measured, ordered.
func imagesOf(r evaluate.Result) []string {
	var ids []string
	for _, image := range r.Measures.Inside.Images {
		ids = append(ids, image.ID)
	}
	return ids
}

package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"r2unet/evaluate/record"
	"r2unet/evaluate/tuning"
	"r2unet/experiments/matrix"
	"r2unet/experiments/search"
	"r2unet/internal/durable"
)

// study is the search of one network on one dataset, fold and seed. Its trials are a function of the profile and of
// the earlier trials' records, which is all there is to resume.
type study struct {
	sweep   *sweep
	base    *job // the profile's run, with the settings of a first point
	search  *matrix.Search
	method  search.Method
	pruning *search.Median

	tried    []search.Trial
	earlier  [][]float64 // losses after each epoch of the tried ones
	kept     record.Search
	finished []*job // trials of earlier sessions that were not reported yet, with their records
	records  []Record
}

// newStudy returns a search without trials.
func (s *sweep) newStudy(base *job) (*study, error) {
	settings := s.profile.Search
	method, _, err := search.Get(settings.Method)
	if err != nil {
		return nil, err
	}
	pruning, _, err := search.GetPruning(settings.Pruning)
	if err != nil {
		return nil, err
	}
	name, decimals := measureName(settings)
	kept := record.Search{
		Name: base.run.Title(), Label: record.Slug(base.run.Label()), Profile: s.profile.Name,
		Method: settings.Method, Pruning: settings.Pruning, Measure: name, Decimals: decimals,
		Select: settings.Measure, LowerIsBetter: settings.LowerIsBetter(), Planned: settings.Trials,
		Trials: []record.Trial{},
	}
	for _, k := range settings.Space {
		kept.Keys = append(kept.Keys, record.SearchKey{
			Key: k.Name, Low: k.Low, High: k.High, Log: k.Log, Choices: k.Choices,
		})
	}
	return &study{sweep: s, base: base, search: settings, method: method, pruning: pruning, kept: kept}, nil
}

// checkSearches returns an error if the folder has trials of a job's search under other settings.
func (s *sweep) checkSearches(jobs []*job) error {
	if s.profile.Search == nil {
		return nil
	}
	for _, j := range jobs {
		t, err := s.newStudy(j)
		if err != nil {
			return err
		}
		if err := t.checkEarlier(); err != nil {
			return inputError(err)
		}
	}
	return nil
}

// searchAll runs the search of each job's network in order, and counts those that failed. It only stops early if the
// context ends.
func (s *sweep) searchAll(ctx context.Context, jobs []*job) (failed int, err error) {
	for _, j := range jobs {
		s.estimate.Plan(j.cost.total() * float64(s.profile.Search.Trials))
	}
	for _, j := range jobs {
		t, err := s.newStudy(j)
		if err != nil {
			return failed, err
		}
		err = t.run(ctx)
		var refused *refusedTrial
		switch {
		case errors.Is(err, ErrInterrupted):
			return failed, err
		case errors.As(err, &refused): // nothing of it may be written over what is there
			return failed, inputError(err)
		case err != nil:
			failed++
			s.session.reporter.Note(fmt.Sprintf("%s: the search ends here, and goes on when it is run again: %v",
				j.run.Title(), err))
		}
		s.session.searches = append(s.session.searches, t.kept)
	}
	return failed, nil
}

// A refusedTrial is settings of a trial that cannot be, beside those of earlier trials or at all.
type refusedTrial struct{ error }

func (e *refusedTrial) Unwrap() error { return e.error }

// checkEarlier returns an error if the folder has trials of this search under other settings, which no table may mix.
// More trials are none.
func (t *study) checkEarlier() error {
	path := filepath.Join(t.sweep.session.folder, record.SearchFile)
	var all []record.Search
	if err := record.ReadJSON(path, &all); err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			t.sweep.session.warn(err.Error() + "; it is written again from the trials' records")
		}
		return nil
	}
	at := slices.IndexFunc(all, func(s record.Search) bool { return s.Label == t.kept.Label })
	if at < 0 || len(all[at].Trials) == 0 {
		return nil
	}
	earlier, now := all[at], t.kept
	for _, setting := range []struct {
		key, earlier, now string
	}{
		{"method", earlier.Method, now.Method},
		{"pruning", earlier.Pruning, now.Pruning},
		{"measure", earlier.Select, now.Select},
		{"the space", fmt.Sprintf("%+v", earlier.Keys), fmt.Sprintf("%+v", now.Keys)},
	} {
		if setting.earlier != setting.now {
			return fmt.Errorf("%s has %d trials of %s under other settings: %s was %s and is %s; put it back, or add "+
				"-fresh to begin a new results folder beside this one (nothing is deleted)", t.sweep.session.folder,
				len(earlier.Trials), t.kept.Name, setting.key, setting.earlier, setting.now)
		}
	}
	return nil
}

// run tries points until all trials have ended. An error that is not the training's own ends the search, because what
// comes next depends on every result.
func (t *study) run(ctx context.Context) error {
	s := t.sweep
	for len(t.tried) < t.search.Trials {
		point, found := search.Next(t.method, t.search.Space, uint64(t.search.Seed), t.tried)
		if !found {
			s.session.note(fmt.Sprintf("%s: the space has no more points after %d trials", t.kept.Name, len(t.tried)))
			break
		}
		j, err := t.job(ctx, point)
		if err != nil {
			return &refusedTrial{err}
		}
		s.estimate.Drop(t.base.cost.total())
		found2, err := ReadRecord(j.dir)
		if err == nil && found2.ended() {
			t.finished, t.records = append(t.finished, j), append(t.records, found2)
			t.add(j, point, found2)
			continue
		}
		t.sayFinished()
		if found2, err = t.train(ctx, j); err != nil {
			return err
		}
		t.add(j, point, found2)
	}
	t.sayFinished()
	return t.save()
}

// job returns the next trial, with its folder.
func (t *study) job(ctx context.Context, point search.Point) (*job, error) {
	session := t.sweep.session
	run, err := t.search.Trial(t.base.run, point, len(t.tried)+1)
	if err == nil {
		err = cmp.Or(run.Training.Validate(), t.sweep.check(ctx, run)) // of corners, not all combinations were checked
	}
	if err != nil {
		return nil, err
	}
	j, err := t.sweep.newJob(ctx, run)
	if err != nil {
		return nil, err
	}
	j.dir = filepath.Join(session.folder, record.RunsFolder, j.id)
	j.trial = &trial{search: t.search, pruning: t.pruning, earlier: slices.Clone(t.earlier)}
	anew, err := checkSettings(session.folder, []*job{j}, session.options.Data)
	if err != nil {
		return nil, err
	}
	for _, r := range anew {
		if err := session.takeOver(r); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// train runs a trial and returns its record.
func (t *study) train(ctx context.Context, j *job) (Record, error) {
	s := t.sweep
	title := fmt.Sprintf("trial %d, %s", len(t.tried)+1, j.run.Title())
	s.session.reporter.Begin(len(t.tried)+1, t.search.Trials, title)
	s.estimate.Plan(j.cost.total())
	t.kept.Trials = append(t.kept.Trials, record.Trial{
		Number: len(t.tried) + 1, Run: j.id, Values: t.values(j), State: record.TrialRunning,
	})
	if err := t.save(); err != nil {
		return Record{}, err
	}
	_, err := s.execute(ctx, j)
	t.kept.Trials = t.kept.Trials[:len(t.tried)]
	if errors.Is(err, ErrInterrupted) {
		s.session.reporter.End(title + ": saved, to be continued")
		return Record{}, err
	}
	found, unread := ReadRecord(j.dir)
	if unread == nil && !found.ended() {
		unread = err
	}
	if unread != nil {
		s.session.reporter.End(fmt.Sprintf("%s: failed: %v", title, unread))
		return Record{}, unread
	}
	end := t.ending(j, found)
	s.session.reporter.End(fmt.Sprintf("%s: %s, %s %s after %d epochs", title, end.State, t.kept.Measure,
		tuning.Number(t.kept, end.Value), end.Epochs))
	s.session.refreshReport()
	return found, nil
}

// add appends a trial that has ended.
func (t *study) add(j *job, point search.Point, found Record) {
	losses := lossesOf(t.search, found.Trial.Values)
	loss := search.Best(losses)
	if found.Trial.Diverged {
		loss = math.Inf(1)
	}
	t.kept.Trials = append(t.kept.Trials, t.ending(j, found))
	t.tried, t.earlier = append(t.tried, search.Trial{Point: point, Loss: loss}), append(t.earlier, losses)
}

// ending returns the entry of a trial that has ended. One that diverged has no value: no weights of it are kept.
func (t *study) ending(j *job, found Record) record.Trial {
	end := record.Trial{
		Number: len(t.tried) + 1, Run: j.id, Values: t.values(j), State: record.TrialFinished,
		Epochs: len(found.Trial.Values),
	}
	switch {
	case found.Trial.Diverged:
		end.State = record.TrialDiverged
		return end
	case found.Trial.Pruned > 0:
		end.State = record.TrialStopped
	}
	losses := lossesOf(t.search, found.Trial.Values)
	for i, loss := range losses {
		if loss == search.Best(losses) && end.Best == 0 {
			end.Value, end.Best = found.Trial.Values[i], i+1
		}
	}
	return end
}

func (t *study) values(j *job) []string {
	var values []string
	for _, s := range j.run.Point {
		values = append(values, s.Value)
	}
	return values
}

// sayFinished reports the trials that ended in earlier sessions, once.
func (t *study) sayFinished() {
	if len(t.finished) > 0 {
		t.sweep.session.sayFinished(t.finished, t.records)
	}
	t.finished, t.records = nil, nil
}

// save writes the searches, with the present state of this one.
func (t *study) save() error {
	session := t.sweep.session
	all := append(slices.Clone(session.searches), t.kept)
	return durable.WriteJSON(session.fs, filepath.Join(session.folder, record.SearchFile), all)
}

// checkedCorners limits the combinations of a space that are checked against the data and the memory.
const checkedCorners = 64

// checkCorners checks the ends of ranges and the choices of a search against the data, the network and the memory
// before anything is computed, and makes the work of the base that of its longest trial.
func (s *sweep) checkCorners(ctx context.Context, base *job) (refused []error) {
	if s.profile.Search == nil {
		return nil
	}
	for _, corner := range s.profile.Search.Corners(checkedCorners) {
		run, err := s.profile.Search.Trial(base.run, corner, 1)
		if err == nil {
			err = s.check(ctx, run)
		}
		if err != nil {
			refused = append(refused, err)
			continue
		}
		j, err := s.newJob(ctx, run)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		if err := s.session.checkMemory(j); err != nil {
			refused = append(refused, s.file.PlaceAt(s.profile, run.Dataset.Name, "batch", err))
		}
		if j.cost.total() > base.cost.total() {
			base.cost = j.cost
		}
	}
	return refused
}

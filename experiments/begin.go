package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"r2unet/datasets"
	"r2unet/evaluate/report"
	"r2unet/experiments/matrix"
	"r2unet/experiments/progress"
	"r2unet/internal/device/choose"
	"r2unet/internal/durable"
)

// beginUnlessStopped is begin with an error that says whether to try again. All that takes long in it, the hashing and drawing of datasets,
// hears the context.
func beginUnlessStopped(ctx context.Context, o Options) (s *sweep, selected, all []*job, err error) {
	s, selected, all, err = begin(ctx, o)
	switch {
	case err == nil:
		return s, selected, all, nil
	case ctx.Err() != nil:
		return nil, nil, nil, ErrInterrupted
	}
	return nil, nil, nil, inputError(err)
}

// begin reads the matrix, opens device and datasets, and expands the runs: those that are selected, and all of the profile.
func begin(ctx context.Context, o Options) (s *sweep, selected, all []*job, err error) {
	file, err := matrix.Load(o.Config)
	if err != nil {
		return nil, nil, nil, err
	}
	profile, err := file.Profile(o.Profile)
	if err != nil {
		return nil, nil, nil, err
	}
	selection, err := matrix.ParseSelection(o.Only)
	if err != nil {
		return nil, nil, nil, err
	}
	s = &sweep{
		options: o, file: file, profile: profile, fs: o.fs, opened: map[opening]*datasets.Dataset{}, warned: map[string]bool{}, slow: map[string]bool{},
		workers:    cmp.Or(o.Workers, max(1, runtime.GOMAXPROCS(0)/2)),
		saveEvery:  time.Minute,
		timeBoth:   profile.TimeBoth,
		page:       report.NewBuilder(),
		footprints: map[needs]footprint{},
	}
	if s.fs == nil {
		s.fs = durable.OS
	}
	if s.options.Now == nil {
		s.options.Now = time.Now
	}
	if profile.SaveSeconds > 0 {
		s.saveEvery = time.Duration(profile.SaveSeconds * float64(time.Second))
	}
	if err := checkFolder(o.Data); err != nil {
		return nil, nil, nil, err
	}
	if info, err := os.Stat(o.Out); err == nil && !info.IsDir() {
		return nil, nil, nil, fmt.Errorf("-out: %s is no folder; choose another one for the results", o.Out)
	}
	choice := choose.Options{Threads: o.Threads, GPU: o.GPU, Precision: o.Precision}
	if s.device, s.whyDevice, err = choose.Open(o.Device, choice); err != nil {
		return nil, nil, nil, err
	}
	s.deviceKind = choice.Kind(s.device)
	s.free = s.available()
	if all, err = s.expand(ctx, selection); err == nil {
		selected, err = pick(all, selection)
	}
	if err != nil {
		s.device.Close()
		return nil, nil, nil, err
	}
	return s, selected, all, nil
}

// checkFolder reports a data folder that is asked for and is not there: to draw phantoms instead would be a surprise.
func checkFolder(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("-data: %w; leave the flag out to draw phantoms", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("-data: %s is no folder", path)
	}
	return nil
}

// pick keeps the selected jobs.
func pick(all []*job, selection matrix.Selection) ([]*job, error) {
	var runs []matrix.Run
	for _, j := range all {
		runs = append(runs, j.run)
	}
	if err := selection.Check(runs); err != nil {
		return nil, err
	}
	var selected []*job
	for _, j := range all {
		if selection.Match(j.run) {
			selected = append(selected, j)
		}
	}
	if len(selected) == 0 {
		return nil, errors.New("-only: no run meets all conditions at once")
	}
	return selected, nil
}

// findFolder finds the results folder and gives each job its own in it.
func (s *sweep) findFolder(jobs []*job) (err error) {
	if s.folder, err = sweepFolder(s.options.Out, s.options.Profile, s.options.Fresh); err != nil {
		return err
	}
	for _, j := range jobs {
		j.dir = filepath.Join(s.folder, runsFolder, j.id)
	}
	return nil
}

// openFolder finds, makes, locks and checks the results folder.
func (s *sweep) openFolder(jobs []*job) (close func(), err error) {
	if err := s.findFolder(jobs); err != nil {
		return nil, err
	}
	if err := s.fs.MkdirAll(filepath.Join(s.folder, runsFolder)); err != nil {
		return nil, fmt.Errorf("make the results folder: %w", err)
	}
	lock, err := acquire(s.folder)
	if err != nil {
		return nil, err
	}
	log, closeLog, err := openLog(s.folder, s.options.Verbose)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	s.log = log
	close = func() {
		closeLog()
		lock.release()
	}
	anew, err := checkSettings(s.folder, jobs, s.options.Data)
	if err == nil {
		err = s.checkEarlier(jobs)
	}
	if err == nil {
		err = durable.RemoveLeftovers(s.fs, s.folder)
	}
	if err != nil {
		close()
		return nil, err
	}
	s.reporter = progress.New(s.options.Stdout, 5*time.Second)
	for _, r := range anew {
		if err := s.takeOver(r); err != nil {
			s.reporter.Close()
			close()
			return nil, err
		}
	}
	return close, nil
}

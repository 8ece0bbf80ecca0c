package experiments

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"r2unet/datasets"
	"r2unet/evaluate/record"
	"r2unet/evaluate/report"
	"r2unet/experiments/claim"
	"r2unet/experiments/progress"
	"r2unet/internal/device"
	"r2unet/internal/device/choose"
	"r2unet/internal/durable"
)

// session is shared by the runs of a sweep: the device with its memory, and the results folder with lock, log and
// report.
type session struct {
	options    Options
	fs         durable.FS
	device     device.Device
	whyDevice  string // why it was chosen, if the user did not
	deviceKind string // part of the identity of runs
	// footprints caches those of runs by network and size.
	footprints map[needs]footprint
	free       int64 // bytes that a run may take, at the beginning of the sweep; 0 = unknown or of no interest

	folder   string // of the profile's results
	log      *zap.Logger
	reporter progress.Reporter
	page     *report.Builder // nil = no report
	searches []record.Search // those that have ended, see study
	reported time.Time       // when the report was last written
	warned   map[string]bool // warnings given about data
	damaged  map[string]bool // finished runs, by ID, whose damage was said
	slow     map[string]bool // kinds of calls reported to have no kernel
}

// newSession opens the device, but not yet the results folder.
func newSession(o Options) (*session, error) {
	s := &session{
		options: o, fs: o.fs, footprints: map[needs]footprint{}, page: report.NewBuilder(),
		warned: map[string]bool{}, damaged: map[string]bool{}, slow: map[string]bool{},
	}
	if s.fs == nil {
		s.fs = durable.OS
	}
	if s.options.Now == nil {
		s.options.Now = time.Now
	}
	choice := choose.Options{Threads: o.Threads, GPU: o.GPU, Precision: o.Precision}
	var err error
	if s.device, s.whyDevice, err = choose.Open(o.Device, choice); err != nil {
		return nil, err
	}
	s.deviceKind = choice.Kind(s.device)
	if !o.listing {
		s.free = s.available()
	}
	return s, nil
}

// findFolder finds the results folder and sets each job's folder in it.
func (s *session) findFolder(jobs []*job) (err error) {
	if s.folder, err = sweepFolder(s.options.Out, s.options.Profile, s.options.Fresh); err != nil {
		return err
	}
	for _, j := range jobs {
		j.dir = filepath.Join(s.folder, record.RunsFolder, j.id)
	}
	return nil
}

// checkFolder finds the results folder and rejects what openFolder would, without changing anything.
func (s *session) checkFolder(jobs []*job) error {
	if err := s.findFolder(jobs); err != nil {
		return err
	}
	if _, err := checkSettings(s.folder, jobs, s.options.Data); err != nil {
		return err
	}
	return s.checkEarlier(jobs)
}

// openFolder finds, creates, locks and checks the results folder. The context ends with ctx, or when another sweep has
// taken the folder over.
func (s *session) openFolder(ctx context.Context, jobs []*job) (holding context.Context, shut func(), err error) {
	if err := s.findFolder(jobs); err != nil {
		return nil, nil, err
	}
	if err := s.fs.MkdirAll(filepath.Join(s.folder, record.RunsFolder)); err != nil {
		return nil, nil, fmt.Errorf("make the results folder: %w", err)
	}
	lock, err := s.lock(ctx)
	if err != nil {
		return nil, nil, err
	}
	log, closeLog, err := openLog(filepath.Join(s.folder, record.LogFile), s.options.Verbose)
	if err != nil {
		return nil, nil, errors.Join(err, lock.Release("ended"))
	}
	s.log, s.fs = log, lock.FS(s.fs)
	holding, letGo := lock.Context(ctx)
	shut = func() {
		letGo()
		_ = closeLog()
		_ = lock.Release("ended")
	}
	anew, err := checkSettings(s.folder, jobs, s.options.Data)
	if err == nil {
		err = s.checkEarlier(jobs)
	}
	if err == nil {
		err = s.removeLeftovers()
	}
	if err != nil {
		shut()
		return nil, nil, err
	}
	s.reporter = progress.New(s.options.Stdout, 5*time.Second)
	for _, r := range anew {
		if err := s.takeOver(r); err != nil {
			s.reporter.Close()
			shut()
			return nil, nil, err
		}
	}
	return holding, shut, nil
}

// removeLeftovers removes the temporary files of killed processes, unless others write into the folder at present.
func (s *session) removeLeftovers() error {
	runs, err := os.ReadDir(filepath.Join(s.folder, record.RunsFolder))
	if err != nil {
		return fmt.Errorf("list the runs: %w", err)
	}
	for _, run := range runs {
		state, found, err := claim.Look(filepath.Join(s.folder, record.RunsFolder, run.Name()))
		if err == nil && found && state.Live {
			return nil
		}
	}
	return durable.RemoveLeftovers(s.fs, s.folder)
}

// note prints a line for the user, also before there is a reporter.
func (s *session) note(line string) {
	if s.reporter == nil {
		fmt.Fprintln(s.options.Stdout, line)
		return
	}
	s.reporter.Note(line)
}

// warn reports to the user and the log something that does not stop the sweep.
func (s *session) warn(text string) {
	s.log.Warn(text)
	s.reporter.Note("warning: " + text)
}

// warnOfData reports what makes results on a dataset doubtful, each warning once per sweep.
func (s *session) warnOfData(f datasets.Facts) {
	for _, w := range f.Warnings {
		text := f.Name + ": " + w
		if !s.warned[text] {
			s.warned[text] = true
			s.warn(text)
		}
	}
}

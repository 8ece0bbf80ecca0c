package experiments

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"r2unet/datasets"
	"r2unet/evaluate/record"
	"r2unet/evaluate/report"
	"r2unet/experiments/progress"
	"r2unet/internal/device"
	"r2unet/internal/device/choose"
	"r2unet/internal/durable"
)

// session is what the runs of a sweep share: the device with its memory, and the results folder with its lock, log and
// report.
type session struct {
	options    Options
	fs         durable.FS
	device     device.Device
	whyDevice  string // why it was taken, where the user left the choice
	deviceKind string // what the identity of runs says of it
	// footprints are those of runs, measured once for each network and size.
	footprints map[needs]footprint
	free       int64 // bytes that a run may take, when the sweep began; 0 = not known

	folder   string // of the profile's results
	log      *zap.Logger
	reporter progress.Reporter
	page     *report.Builder
	reported time.Time       // when the report was last written
	warned   map[string]bool // what was said about the data
	slow     map[string]bool // kinds of calls that were said to have no kernel
}

// newSession opens the device. The results folder is still to be opened.
func newSession(o Options) (*session, error) {
	s := &session{
		options: o, fs: o.fs, footprints: map[needs]footprint{}, page: report.NewBuilder(),
		warned: map[string]bool{}, slow: map[string]bool{},
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
	s.deviceKind, s.free = choice.Kind(s.device), s.available()
	return s, nil
}

// findFolder finds the results folder and gives each job its own in it.
func (s *session) findFolder(jobs []*job) (err error) {
	if s.folder, err = sweepFolder(s.options.Out, s.options.Profile, s.options.Fresh); err != nil {
		return err
	}
	for _, j := range jobs {
		j.dir = filepath.Join(s.folder, record.RunsFolder, j.id)
	}
	return nil
}

// checkFolder finds the results folder and refuses what openFolder would, and changes nothing.
func (s *session) checkFolder(jobs []*job) error {
	if err := s.findFolder(jobs); err != nil {
		return err
	}
	if _, err := checkSettings(s.folder, jobs, s.options.Data); err != nil {
		return err
	}
	return s.checkEarlier(jobs)
}

// openFolder finds, makes, locks and checks the results folder.
func (s *session) openFolder(jobs []*job) (close func(), err error) {
	if err := s.findFolder(jobs); err != nil {
		return nil, err
	}
	if err := s.fs.MkdirAll(filepath.Join(s.folder, record.RunsFolder)); err != nil {
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

// note tells the user what a dataset is busy with, also before there is a reporter.
func (s *session) note(line string) {
	if s.reporter == nil {
		fmt.Fprintln(s.options.Stdout, line)
		return
	}
	s.reporter.Note(line)
}

// warn tells the user and the log about something that does not stop the sweep.
func (s *session) warn(text string) {
	s.log.Warn(text)
	s.reporter.Note("warning: " + text)
}

// warnOfData tells what makes results on a dataset doubtful, each warning once a sweep.
func (s *session) warnOfData(f datasets.Facts) {
	for _, w := range f.Warnings {
		text := f.Name + ": " + w
		if !s.warned[text] {
			s.warned[text] = true
			s.warn(text)
		}
	}
}

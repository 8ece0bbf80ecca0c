package experiments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/claim"
	"r2unet/experiments/progress"
	"r2unet/internal/cli"
)

// Beside says how several runs are computed at once, each in a process of its own.
type Beside struct {
	Jobs int // at most so many at once
	// Command returns the command that computes the run with an ID as Run does, with so many threads. The process must
	// stop as by a signal when its standard input ends.
	Command func(id string, threads int) *exec.Cmd
}

// besides runs jobs in processes.
type besides struct {
	*sweep
	threads int // of each process
	todo    []*job
	slots   []*slot
	failed  int
	began   int
	total   int
	start   time.Time
	work    float64 // of all jobs that this sweep runs
	done    float64 // of those that have ended
	told    map[*job]bool
}

// slot is a place for a process.
type slot struct {
	reporter progress.Reporter
	job      *job // nil = free
	started  time.Time
	stdin    io.Closer
	output   *bytes.Buffer
	ended    chan error
	fraction float64 // of the run's work that is done
}

// runBeside runs the jobs several at a time, the longest first, and counts failures. It only stops early if the context
// ends.
func (s *sweep) runBeside(ctx context.Context, jobs []*job) (int, error) {
	jobsAtOnce := s.session.options.Beside.Jobs
	total := s.session.options.Threads
	if total == 0 {
		total = runtime.GOMAXPROCS(0)
	}
	b := &besides{
		sweep: s, threads: max(1, total/jobsAtOnce), todo: longestFirst(s.unfinished(jobs)), start: time.Now(),
		told: map[*job]bool{},
	}
	b.total = len(b.todo)
	for _, j := range b.todo {
		b.work += j.cost.total()
	}
	for _, r := range progress.Beside(s.session.reporter, s.session.options.Stdout, min(jobsAtOnce, max(1, b.total))) {
		b.slots = append(b.slots, &slot{reporter: r})
	}
	ticker := time.NewTicker(progressEvery / 4)
	defer ticker.Stop()
	for len(b.todo) > 0 || b.running() > 0 {
		if ctx.Err() != nil {
			b.stop()
			return b.failed, ErrInterrupted
		}
		b.fill()
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
		for _, slot := range b.slots {
			b.look(ctx, slot)
		}
		s.session.refreshReport()
	}
	return b.failed, nil
}

func (b *besides) running() (n int) {
	for _, slot := range b.slots {
		if slot.job != nil {
			n++
		}
	}
	return n
}

// fill starts processes in free slots, as far as the memory that the sweep found at its beginning allows; one always
// may run.
func (b *besides) fill() {
	var taken float64
	for _, slot := range b.slots {
		if slot.job != nil {
			taken += b.bytes(slot.job)
		}
	}
	for _, slot := range b.slots {
		if slot.job != nil {
			continue
		}
		i := slices.IndexFunc(b.todo, func(j *job) bool {
			fits := b.session.free == 0 || taken == 0 || taken+b.bytes(j) <= float64(b.session.free)
			return fits && !b.elsewhere(j)
		})
		if i < 0 {
			return
		}
		j := b.todo[i]
		b.todo = slices.Delete(b.todo, i, i+1)
		taken += b.bytes(j)
		b.begin(slot, j)
	}
}

// bytes is the memory that a job takes.
func (b *besides) bytes(j *job) float64 {
	f, err := b.session.footprint(j)
	if err != nil {
		return 0 // its process will say why
	}
	return f.fixed + f.sample*float64(j.run.Training.Batch)
}

// elsewhere reports whether another process computes a job, and says so once.
func (b *besides) elsewhere(j *job) bool {
	state, found, err := claim.Look(j.dir)
	if err != nil || !found || !state.Live {
		return false
	}
	if !b.told[j] {
		b.told[j] = true
		b.session.reporter.Note(fmt.Sprintf("%s: %s computes it; it is looked at again later",
			j.run.Title(), state.Owner))
	}
	return true
}

// begin starts the process of a job.
func (b *besides) begin(slot *slot, j *job) {
	b.began = min(b.began+1, b.total)
	slot.job, slot.started, slot.fraction = j, time.Now(), 0
	slot.output, slot.ended = &bytes.Buffer{}, make(chan error, 1)
	slot.reporter.Begin(b.began, b.total, j.run.Title())
	cmd := b.session.options.Beside.Command(j.id, b.threads)
	cmd.Stdout, cmd.Stderr = io.Discard, slot.output
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		slot.ended <- err
		return
	}
	slot.stdin = stdin
	b.session.log.Info("process", zap.String("run", j.id), zap.Int("pid", cmd.Process.Pid))
	ended := slot.ended
	go func() { ended <- cmd.Wait() }()
}

// look shows how far a process is, or how it has ended.
func (b *besides) look(ctx context.Context, slot *slot) {
	if slot.job == nil {
		return
	}
	select {
	case err := <-slot.ended:
		b.end(ctx, slot, err)
		return
	default:
	}
	var p record.Progress
	if record.ReadJSON(filepath.Join(slot.job.dir, record.ProgressFile), &p) != nil || p.Steps == 0 {
		return
	}
	u := progress.Update{
		Phase: progress.Phase(p.Phase), Epoch: p.Epoch, Epochs: p.Epochs, Step: p.Step, Steps: p.Steps, Loss: p.Loss,
		SamplesPerSecond: p.SamplesPerSecond, SweepLeft: -1,
		RunLeft: time.Duration(p.SecondsLeft * float64(time.Second)),
	}
	slot.fraction = slot.job.cost.fraction(u)
	u.Fraction = slot.fraction
	done := b.done
	for _, other := range b.slots {
		if other.job != nil {
			done += other.fraction * other.job.cost.total()
		}
	}
	if done > 0 {
		left := (b.work - done) / done * time.Since(b.start).Seconds()
		u.SweepLeft = time.Duration(max(0, left) * float64(time.Second))
	}
	slot.reporter.Update(u)
}

// end says how a process has ended, and frees its slot.
func (b *besides) end(ctx context.Context, slot *slot, err error) {
	j, title := slot.job, slot.job.run.Title()
	slot.job = nil
	if slot.stdin != nil {
		_ = slot.stdin.Close() // the process has ended
	}
	var exit *exec.ExitError
	found, unread := ReadRecord(j.dir)
	switch {
	case err == nil && unread == nil && found.Result.Status == evaluate.Finished:
		took := time.Since(slot.started).Round(time.Second)
		slot.reporter.End(fmt.Sprintf("%s: %s, in %s", title, found.Result.Summary(), took))
	case errors.As(err, &exit) && exit.ExitCode() == ExitInterrupted && ctx.Err() != nil:
		slot.reporter.End(title + ": saved, to be continued")
		return
	case errors.As(err, &exit) && exit.ExitCode() == ExitInterrupted: // others compute it, or stopped it
		slot.reporter.End(title + ": looked at again later")
		b.began--
		b.todo = append(b.todo, j)
		return
	default:
		b.failed++
		slot.reporter.End(fmt.Sprintf("%s: failed: %s", title, slot.why(err)))
	}
	b.done += j.cost.total()
}

// why is the last line that a failed process has said, or how it ended.
func (s *slot) why(err error) string {
	lines := strings.Split(strings.TrimSpace(s.output.String()), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return strings.TrimPrefix(last, "sweep: ")
	}
	if err == nil {
		return "its process ended without a result"
	}
	return err.Error()
}

// stop asks all processes to save their state, and waits for them.
func (b *besides) stop() {
	for _, slot := range b.slots {
		if slot.job != nil && slot.stdin != nil {
			_ = slot.stdin.Close() // a process that has ended needs no asking
		}
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	for _, slot := range b.slots {
		if slot.job != nil {
			b.end(stopped, slot, <-slot.ended)
		}
	}
}

// checkBeside refuses what cannot be computed in several processes.
func (s *sweep) checkBeside() error {
	o := s.session.options
	switch {
	case o.Beside.Jobs <= 1:
		return nil
	case s.profile.Search != nil:
		return inputError(fmt.Errorf("-jobs %d: profile %s searches, and each trial depends on those before it",
			o.Beside.Jobs, s.profile.Name))
	case o.Text != "":
		return &cli.InputError{Err: errors.New("several processes need the matrix as a file")}
	}
	return nil
}

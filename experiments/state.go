package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/claim"
	"r2unet/experiments/matrix"
)

// State is how far a run is.
type State string

// The states of a run. A run that was stopped waits, and goes on from its checkpoint.
const (
	StateFinished State = "finished"
	StateRunning  State = "running" // a live process has claimed it
	StateWaiting  State = "waiting"
	StateFailed   State = "failed"
	StateDamaged  State = "damaged" // its record cannot be read; when it is run, it goes on from its checkpoint
)

// RunState describes a run of a profile.
type RunState struct {
	ID      string `json:"id"`
	Dataset string `json:"dataset"`
	Network string `json:"network"`
	Fold    int    `json:"fold"`
	Seed    uint64 `json:"seed"`
	State   State  `json:"state"`
	Error   string `json:"error,omitempty"` // of a run that failed or is damaged

	Owner    *claim.Owner     `json:"owner,omitempty"`    // who computes it
	Beat     float64          `json:"beat_age,omitempty"` // seconds since the owner's last heartbeat
	Silent   bool             `json:"silent,omitempty"`   // there is an owner that has died or does not beat any more
	Progress *record.Progress `json:"progress,omitempty"` // of the present or last process
	Resumes  bool             `json:"resumes,omitempty"`  // there is a checkpoint to go on from

	title string
	brief brief
}

// brief is what states need of a record.
type brief struct {
	Dataset struct {
		Hash string `json:"hash"`
	} `json:"dataset"`
	Result struct {
		RunID   string          `json:"run_id"`
		Status  evaluate.Status `json:"status"`
		Error   string          `json:"error"`
		Kernels string          `json:"kernels"`
	} `json:"result"`
	Versions struct {
		Code string `json:"code"`
	} `json:"versions"`
}

// readBrief reads a brief; without a record that can be read it is empty.
func readBrief(dir string) (b brief) {
	if record.SkimJSON(filepath.Join(dir, record.RunFile), &b) != nil {
		return brief{}
	}
	return b
}

func (b brief) finished() bool { return b.Result.Status == evaluate.Finished }

// stateOf looks at the folder of a job, which others may be writing to.
func stateOf(j *job, dir string) RunState {
	s := RunState{
		ID: j.id, Dataset: j.run.Dataset.Name, Network: matrix.ArchitectureTitle(j.run.Architecture), Fold: j.run.Fold,
		Seed: j.run.Seed, State: StateWaiting, title: j.run.Title(),
	}
	err := record.SkimJSON(filepath.Join(dir, record.RunFile), &s.brief)
	switch {
	case os.IsNotExist(err):
	case err != nil:
		s.State, s.Error = StateDamaged, err.Error()
	case s.brief.Result.Status == evaluate.Finished:
		s.State = StateFinished
		return s
	case s.brief.Result.Status == evaluate.Failed:
		s.State, s.Error = StateFailed, s.brief.Result.Error
	}
	if held, found, err := claim.Look(dir); err == nil && found && held.Ended == "" {
		s.Owner, s.Beat, s.Silent = &held.Owner, held.Age.Seconds(), !held.Live
		if held.Live {
			s.State, s.Error = StateRunning, ""
		}
	}
	var p record.Progress
	if record.ReadJSON(filepath.Join(dir, record.ProgressFile), &p) == nil {
		s.Progress = &p
	}
	_, err = os.Lstat(filepath.Join(dir, record.CheckpointFile))
	s.Resumes = err == nil
	return s
}

// String says how a run that is not finished is doing.
func (s RunState) String() string {
	switch {
	case s.State == StateRunning:
		return fmt.Sprintf("%s: on %s, process %d, heartbeat %s ago%s", s.title, s.Owner.Host, s.Owner.PID,
			time.Duration(s.Beat*float64(time.Second)).Round(time.Second), s.far())
	case s.State == StateFailed || s.State == StateDamaged:
		return fmt.Sprintf("%s: %s", s.title, s.Error)
	case s.Silent:
		return fmt.Sprintf("%s: left by process %d on %s, which has died or stopped answering%s",
			s.title, s.Owner.PID, s.Owner.Host, s.far())
	case s.Resumes:
		return s.title + ": stopped" + s.far()
	}
	return s.title
}

// far says how far the training is.
func (s RunState) far() string {
	p := s.Progress
	if p == nil {
		return ""
	}
	text := fmt.Sprintf(", %s, epoch %d of %d", p.Phase, p.Epoch, p.Epochs)
	if s.State == StateRunning {
		text += fmt.Sprintf(", about %s left", roundTime(time.Duration(p.SecondsLeft*float64(time.Second))))
	}
	return text
}

package experiments

import (
	"context"
	"fmt"
	"io"
)

// Overview is the state of all runs of a profile.
type Overview struct {
	Profile  string     `json:"profile"`
	Folder   string     `json:"folder"` // of the profile's results
	Finished int        `json:"finished"`
	Running  int        `json:"running"`
	Waiting  int        `json:"waiting"`
	Failed   int        `json:"failed"`
	Damaged  int        `json:"damaged"`
	Runs     []RunState `json:"runs"` // in the order of the agenda
}

// Status looks at the runs of a profile, which other processes may be computing, and changes nothing.
func Status(ctx context.Context, o Options) (Overview, error) {
	o.listing = true
	s, jobs, _, err := beginUnlessStopped(ctx, o)
	if err != nil {
		return Overview{}, err
	}
	defer s.session.device.Close()
	if err := s.checkUnits(); err != nil {
		return Overview{}, err
	}
	if err := s.session.findFolder(jobs); err != nil {
		return Overview{}, inputError(err)
	}
	view := Overview{Profile: s.profile.Name, Folder: s.session.folder, Runs: []RunState{}}
	for _, j := range longestFirst(jobs) {
		view.add(stateOf(j, j.dir))
	}
	return view, nil
}

// add appends a run.
func (v *Overview) add(s RunState) {
	v.Runs = append(v.Runs, s)
	*v.count(s.State)++
}

func (v *Overview) count(s State) *int {
	switch s {
	case StateFinished:
		return &v.Finished
	case StateRunning:
		return &v.Running
	case StateFailed:
		return &v.Failed
	case StateDamaged:
		return &v.Damaged
	}
	return &v.Waiting
}

// summary is one line.
func (v *Overview) summary() string {
	text := fmt.Sprintf("%s in %s: %d of %s finished", v.Profile, v.Folder, v.Finished, several(len(v.Runs), "run"))
	for _, state := range []State{StateRunning, StateWaiting, StateFailed, StateDamaged} {
		if n := *v.count(state); n > 0 {
			text += fmt.Sprintf(", %d %s", n, state)
		}
	}
	return text
}

// listed is the number of waiting runs that are listed one by one.
const listed = 20

// Print writes the overview for people: every run that is not finished, and of those that have not begun a few.
func (v *Overview) Print(w io.Writer) error {
	if _, err := fmt.Fprintln(w, v.summary()); err != nil {
		return err
	}
	for _, state := range []State{StateRunning, StateFailed, StateDamaged, StateWaiting} {
		if *v.count(state) > 0 {
			fmt.Fprintf(w, "%s:\n", state)
		}
		untouched := 0
		for _, s := range v.Runs {
			if s.State != state {
				continue
			}
			if state == StateWaiting && s.Owner == nil && !s.Resumes {
				if untouched++; untouched > listed {
					continue
				}
			}
			fmt.Fprintf(w, "  %s\n", s)
		}
		if untouched > listed {
			fmt.Fprintf(w, "  and %d more\n", untouched-listed)
		}
	}
	return nil
}

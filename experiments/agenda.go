package experiments

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/experiments/matrix"
	"r2unet/internal/nearest"
)

// Agenda lists the runs of a profile for those who distribute them over machines: the longest first, so that the last
// ones to end are short. The list, with its order, is a function of the configuration, of which datasets are in the
// data folder and of the kind of device; Seconds and Bytes are estimates, and Finished is what the results folder says.
type Agenda struct {
	Profile string       `json:"profile"`
	Config  string       `json:"config"` // the TOML file
	Data    string       `json:"data"`   // the folder with the datasets; "" = all are drawn
	Device  string       `json:"device"` // its kind in runs' identity: "cpu", "cpu-bf16", "cuda", "cuda-tf32", "ref"
	Runs    []AgendaItem `json:"runs"`
}

// AgendaItem is a run of an Agenda.
type AgendaItem struct {
	Index    int     `json:"index"` // the place in the list, from 0
	ID       string  `json:"id"`
	Folder   string  `json:"folder"` // below the folder for results, with slashes
	Dataset  string  `json:"dataset"`
	Network  string  `json:"network"`
	Fold     int     `json:"fold"`
	Seed     uint64  `json:"seed"`
	Seconds  float64 `json:"seconds"` // of training and testing on this machine, from two training steps of one network
	Bytes    int64   `json:"bytes"`   // of the device's memory; on the cpu, of the process
	Finished bool    `json:"finished"`
}

// NewAgenda lists a profile's selected runs. Like the plan, it checks everything that a sweep would check before its
// first run, trains one network for two steps to measure this machine, and writes no results.
func NewAgenda(ctx context.Context, o Options) (Agenda, error) {
	o.listing = true
	s, jobs, all, err := beginUnlessStopped(ctx, o)
	if err != nil {
		return Agenda{}, err
	}
	defer s.session.device.Close()
	if err := s.checkUnits(); err != nil {
		return Agenda{}, err
	}
	if err := s.checkData(ctx, jobs); err != nil {
		return Agenda{}, err
	}
	if err := s.session.checkFolder(all); err != nil {
		return Agenda{}, inputError(err)
	}
	rate, err := s.session.measureRate(ctx, jobs[0])
	if err != nil {
		if ctx.Err() != nil {
			err = ErrInterrupted
		}
		return Agenda{}, err
	}
	return s.agenda(jobs, rate)
}

// agenda describes jobs at so many operations per second.
func (s *sweep) agenda(jobs []*job, rate float64) (Agenda, error) {
	o := s.session.options
	a := Agenda{Profile: o.Profile, Config: o.Config, Data: o.Data, Device: s.session.deviceKind, Runs: []AgendaItem{}}
	for i, j := range longestFirst(jobs) {
		f, err := s.session.footprint(j)
		if err != nil {
			return Agenda{}, err
		}
		found, unread := ReadRecord(j.dir)
		a.Runs = append(a.Runs, AgendaItem{
			Index: i, ID: j.id, Folder: path.Join(filepath.Base(s.session.folder), record.RunsFolder, j.id),
			Dataset: j.run.Dataset.Name, Network: matrix.ArchitectureTitle(j.run.Architecture),
			Fold: j.run.Fold, Seed: j.run.Seed,
			Seconds:  j.cost.total() / rate,
			Bytes:    int64(f.fixed + f.sample*float64(j.run.Training.Batch)),
			Finished: unread == nil && found.Result.Status == evaluate.Finished,
		})
	}
	return a, nil
}

// longestFirst orders jobs by their work, and those of equal work as the profile has them.
func longestFirst(jobs []*job) []*job {
	ordered := slices.Clone(jobs)
	slices.SortStableFunc(ordered, func(a, b *job) int { return cmp.Compare(b.cost.total(), a.cost.total()) })
	return ordered
}

// checkUnits refuses a profile whose runs cannot be listed before they are run.
func (s *sweep) checkUnits() error {
	if s.profile.Search == nil {
		return nil
	}
	return inputError(fmt.Errorf("profile %[1]s searches: a trial may depend on those before it, so they are no list "+
		"of runs to distribute; run it as a plain sweep (sweep -profile %[1]s, which goes on where it was "+
		"stopped), on several machines with -only dataset=… or -only arch=… and a folder -out of its own for each",
		s.profile.Name))
}

// Which names a run of an agenda.
type Which struct {
	Index int    // its place; negative = ID says it
	ID    string // or the digits at its end
}

// find returns the job that w names.
func (w Which) find(jobs []*job) (*job, error) {
	if w.Index >= 0 {
		if w.Index >= len(jobs) {
			return nil, fmt.Errorf("-index %d: there are %s, numbered from 0; sweep plan -json lists them",
				w.Index, several(len(jobs), "run"))
		}
		return longestFirst(jobs)[w.Index], nil
	}
	var ids []string
	var found []*job
	for _, j := range jobs {
		if j.id == w.ID {
			return j, nil
		}
		if strings.HasSuffix(j.id, "-"+w.ID) {
			found = append(found, j)
		}
		ids = append(ids, j.id)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	hint := "sweep plan -json lists them"
	if near := nearest.Of(w.ID, ids); near != "" {
		hint = "did you mean " + strconv.Quote(near) + "?"
	}
	return nil, fmt.Errorf("-id %s: no such run in these settings; %s", w.ID, hint)
}

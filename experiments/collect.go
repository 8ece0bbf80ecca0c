package experiments

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"r2unet/evaluate/record"
	"r2unet/experiments/progress"
)

// Collect makes tables, figures and the report of whatever runs of a profile are finished: in the results folder, or in
// those of several machines, whose finished runs are brought into the results folder first, as links where the file
// system has them. It says what is missing, failed, damaged, or of other code, settings or data, deletes nothing, and
// may run beside everything else, any number of times. Each folder is a machine's -out, or a profile's folder in it.
func Collect(ctx context.Context, o Options, from []string) error {
	o.listing = true
	defer debug.SetGCPercent(debug.SetGCPercent(collecting))
	s, jobs, all, err := beginUnlessStopped(ctx, o)
	if err != nil {
		return err
	}
	session := s.session
	defer session.device.Close()
	if err := s.checkUnits(); err != nil {
		return err
	}
	if err := session.findFolder(all); err != nil {
		return inputError(err)
	}
	session.reporter, session.log = progress.New(o.Stdout, 5*time.Second), zap.NewNop()
	defer session.reporter.Close()
	c := collection{session: session, planned: map[string]*job{}, labels: map[string]*job{}}
	for _, j := range all {
		c.planned[j.id], c.labels[j.run.Label()] = j, j
	}
	for _, folder := range from {
		if err := c.bring(ctx, folder); err != nil {
			if ctx.Err() != nil {
				return ErrInterrupted
			}
			return inputError(err)
		}
	}
	view := Overview{Profile: s.profile.Name, Folder: session.folder}
	for _, j := range jobs {
		view.add(stateOf(j, j.dir))
	}
	if err := c.checkThere(view); err != nil {
		return inputError(err)
	}
	c.say(view)
	if view.Finished == 0 {
		return inputError(fmt.Errorf("%s: no run of profile %s is finished, so there is nothing to collect",
			session.folder, s.profile.Name))
	}
	if err := s.measureObservers(ctx, jobs); err != nil {
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		session.warn(err.Error())
	}
	return tryAgain(session.finish())
}

// collecting is the growth of the heap, in percent, at which garbage is collected meanwhile: the measures of ten
// thousand runs stay to the end, and half as much garbage beside them is enough.
const collecting = 40

// collection brings runs together.
type collection struct {
	session *session
	planned map[string]*job // by ID
	labels  map[string]*job // by the readable part of the ID
}

// bring brings the finished runs of another results folder.
func (c *collection) bring(ctx context.Context, folder string) error {
	dir, err := c.profileFolder(folder)
	if err != nil {
		return err
	}
	s := c.session
	here, err := os.Stat(s.folder)
	if there, unread := os.Stat(dir); err == nil && unread == nil && os.SameFile(here, there) {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(dir, record.RunsFolder))
	if err != nil {
		return fmt.Errorf("look for runs: %w", err)
	}
	brought, without := 0, 0
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		from := filepath.Join(dir, record.RunsFolder, e.Name())
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if why := c.refuse(e.Name(), from, readBrief(from)); why != "" {
			s.note(fmt.Sprintf("left out: %s: %s", from, why))
			continue
		}
		state := stateOf(c.planned[e.Name()], from)
		if state.State == StateFinished {
			if whole, err := ReadRecord(from); err != nil {
				state.State, state.Error = StateDamaged, err.Error()
			} else if damage := cutOff(from, whole, true); damage != "" {
				state.State, state.Error = StateDamaged, damage
			}
		}
		if state.State == StateDamaged {
			s.warn(fmt.Sprintf("left out: %s: %s; copy the run again", from, state.Error))
			continue
		}
		if state.State != StateFinished {
			continue // the overview says so where nobody else has finished it
		}
		differs, err := s.bringRun(from, e.Name())
		if err != nil {
			return err
		}
		if differs {
			s.note(fmt.Sprintf("left out: %s: the same run is there with another result, which stays (other code or "+
				"kernels?)", from))
			continue
		}
		brought++
		if _, err := os.Stat(filepath.Join(from, record.CheckpointFile)); errors.Is(err, os.ErrNotExist) {
			without++
		}
	}
	samples := filepath.Join(dir, record.SamplesFolder)
	if _, err := os.Stat(samples); brought > 0 && err == nil {
		err := s.bringFolder(samples, filepath.Join(s.folder, record.SamplesFolder), func(string) bool { return true })
		if err != nil {
			return err
		}
	}
	text := fmt.Sprintf("%s: %s finished", dir, several(brought, "run"))
	if without > 0 {
		text += fmt.Sprintf(", %d of them without %s: tables do not need it, segment and export do", without,
			record.CheckpointFile)
	}
	s.note(text)
	return nil
}

// profileFolder is the folder of the profile's results in a machine's folder.
func (c *collection) profileFolder(folder string) (string, error) {
	if _, err := os.Stat(filepath.Join(folder, record.RunsFolder)); err == nil {
		return folder, checkLinks(folder)
	}
	dir, err := sweepFolder(folder, c.session.options.Profile, false)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, record.RunsFolder)); err != nil {
		return "", fmt.Errorf("%s holds no results of profile %s: want the -out of a sweep, or a profile's "+
			"folder in it",
			folder, c.session.options.Profile)
	}
	return dir, nil
}

// refuse says why a run does not belong to the profile as it is; "" if it does.
func (c *collection) refuse(id, dir string, b brief) string {
	j := c.planned[id]
	if j == nil {
		label := id
		if i := strings.LastIndexByte(id, '-'); i > 0 {
			label = id[:i]
		}
		if other := c.labels[label]; other != nil {
			why := "it is " + other.run.Title() + " under other settings"
			if found, err := ReadRecord(dir); err == nil {
				why += ":\n" + other.run.Diff(found.Config)
			}
			return why
		}
		return "the profile has no such run"
	}
	if !b.finished() {
		return ""
	}
	if hash := b.Dataset.Hash; hash != "" && hash != j.dataset.Facts().Hash {
		return "it was computed on other files of " + j.run.Dataset.Name + " than there are here"
	}
	return ""
}

// checkThere rejects results that must not share a table with those of the profile.
func (c *collection) checkThere(view Overview) error {
	seen := map[string]brief{}
	for _, r := range view.Runs {
		seen[r.ID] = r.brief
	}
	folder := filepath.Join(c.session.folder, record.RunsFolder)
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("list the runs: %w", err)
	}
	for _, e := range entries {
		dir := filepath.Join(folder, e.Name())
		if !e.IsDir() {
			continue
		}
		b, known := seen[e.Name()]
		if !known {
			b = readBrief(dir)
		}
		switch why := c.refuse(e.Name(), dir, b); {
		case why == "":
		case strings.HasPrefix(why, "the profile has no"):
			c.session.note(fmt.Sprintf("%s: %s; it is in the tables too", dir, why))
		default:
			return fmt.Errorf("%s: %s\nIts results must not meet those of the profile in one table: collect into "+
				"another folder, as in sweep collect %s -out OTHER, which leaves it out (nothing is deleted)",
				dir, why, c.session.options.Out)
		}
	}
	return nil
}

// say reports what the tables will lack, and which code computed what they have.
func (c *collection) say(view Overview) {
	s := c.session
	s.note(view.summary())
	codes := map[string]int{}
	for _, r := range view.Runs {
		if r.State == StateFinished {
			codes[r.brief.Versions.Code]++
			continue
		}
		if r.State == StateWaiting && !r.Silent && !r.Resumes {
			s.note("missing: " + r.String())
			continue
		}
		s.note(string(r.State) + ": " + r.String())
	}
	if len(codes) > 1 {
		var parts []string
		for code, n := range codes {
			parts = append(parts, fmt.Sprintf("%s by %s", several(n, "run"), code))
		}
		slices.Sort(parts)
		s.note("computed by different code, so their last digits may differ: " + strings.Join(parts, "; "))
	}
}

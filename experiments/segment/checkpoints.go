package segment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/record"
)

// Checkpoints returns the checkpoints that the values of -checkpoint name: files, folders of runs, results folders, of
// which all finished runs are taken if they are of one dataset, patterns, and lists of these separated by commas.
func Checkpoints(named []string) ([]string, error) {
	var all []string
	for _, list := range named {
		paths := strings.Split(list, ",")
		if _, err := os.Stat(list); err == nil { // with a comma in its name
			paths = []string{list}
		}
		for _, path := range paths {
			found, err := checkpointsAt(path)
			if err != nil {
				return nil, err
			}
			for _, f := range found {
				if !slices.Contains(all, f) {
					all = append(all, f)
				}
			}
		}
	}
	return all, nil
}

// checkpointsAt returns the checkpoints at one path or pattern.
func checkpointsAt(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil && hasPattern(path) {
		return matched(path)
	}
	if err != nil || !info.IsDir() {
		return []string{path}, nil // reading it reports what is wrong
	}
	inside := filepath.Join(path, record.CheckpointFile)
	if _, err := os.Stat(inside); !errors.Is(err, os.ErrNotExist) {
		return []string{inside}, nil
	}
	return runsIn(path)
}

// hasPattern reports whether a path has characters of patterns.
func hasPattern(path string) bool { return strings.ContainsAny(path, "*?[") }

// matched returns the checkpoints that a pattern of checkpoints or runs matches. What else it matches is left out.
func matched(pattern string) ([]string, error) {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("-checkpoint %s: %w", pattern, err)
	}
	var all []string
	for _, path := range found {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path = filepath.Join(path, record.CheckpointFile)
		}
		if _, err := os.Stat(path); err == nil && strings.HasSuffix(path, filepath.Ext(record.CheckpointFile)) {
			all = append(all, path)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("-checkpoint %s: matches no %s and no folder that has one",
			pattern, record.CheckpointFile)
	}
	return all, nil
}

// runsIn returns the checkpoints of the runs in a results folder. Runs that are of several datasets, or not finished,
// are an error that lists them: they are hardly meant to be averaged.
func runsIn(folder string) ([]string, error) {
	var all, runs, unfinished []string
	sets := map[string]bool{}
	for _, below := range []string{"", record.RunsFolder, filepath.Join("*", record.RunsFolder)} {
		found, err := filepath.Glob(filepath.Join(escape(folder), below, "*", record.CheckpointFile))
		if err != nil {
			return nil, fmt.Errorf("-checkpoint %s: %w", folder, err)
		}
		for _, checkpoint := range found {
			run := filepath.Dir(checkpoint)
			all, runs = append(all, checkpoint), append(runs, run)
			if set, status := stateOf(run); status == evaluate.Finished {
				sets[set] = true
			} else {
				unfinished = append(unfinished, run)
			}
		}
	}
	why := "its runs are of several datasets; name some of them, for their mean, or one"
	switch {
	case len(runs) == 0:
		return nil, fmt.Errorf("-checkpoint %s: the folder has no %s, and no runs that have one",
			folder, record.CheckpointFile)
	case len(unfinished) > 0:
		runs, why = unfinished, "not all of its runs are finished; name one of its runs, or several for their mean. "+
			"Not finished are"
	case len(sets) == 1:
		return all, nil
	}
	more := ""
	if n := len(runs) - listed; n > 0 {
		runs, more = runs[:listed], fmt.Sprintf("\n  and %d more", n)
	}
	return nil, fmt.Errorf("-checkpoint %s: %s:\n  %s%s", folder, why, strings.Join(runs, "\n  "), more)
}

// stateOf returns the dataset and status that the record of a run states; "" if it has none.
func stateOf(run string) (dataset string, status evaluate.Status) {
	var found struct {
		Result struct {
			Dataset string          `json:"dataset"`
			Status  evaluate.Status `json:"status"`
		} `json:"result"`
	}
	if record.SkimJSON(filepath.Join(run, record.RunFile), &found) != nil {
		return "", ""
	}
	return found.Result.Dataset, found.Result.Status
}

// escape quotes a path for use in a glob pattern.
func escape(path string) string {
	if os.PathSeparator == '\\' {
		return path // patterns cannot be escaped there, and [ is rare in names
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"r2unet/evaluate/record"
	"r2unet/internal/durable"
)

// sweepFolder returns a profile's results folder: out/profile, or the newest of out/profile-2, out/profile-3, …, which
// -fresh begins. With fresh it is the next one. Links that lead out of it are an error.
func sweepFolder(out, profile string, fresh bool) (string, error) {
	newest := 0
	entries, err := os.ReadDir(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("look for earlier results: %w", err)
	}
	for _, e := range entries {
		if e.Name() == profile {
			newest = max(newest, 1)
		}
		if rest, ok := strings.CutPrefix(e.Name(), profile+"-"); ok {
			if n, err := strconv.Atoi(rest); err == nil && n > 1 && strconv.Itoa(n) == rest {
				newest = max(newest, n)
			}
		}
	}
	if fresh {
		newest++
	}
	folder := filepath.Join(out, profile)
	if newest > 1 {
		folder = filepath.Join(out, fmt.Sprintf("%s-%d", profile, newest))
	}
	return folder, checkLinks(folder)
}

// existingFolder returns the existing folder in which a folder for results is, or would be made; it makes none.
func existingFolder(out string) (string, error) {
	dir := filepath.Clean(out)
	info, err := os.Stat(dir)
	for err != nil && filepath.Dir(dir) != dir {
		dir = filepath.Dir(dir)
		info, err = os.Stat(dir)
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("-out %s: %w; choose another folder", out, err)
	case !info.IsDir():
		return "", fmt.Errorf("-out %s: %s is not a folder; choose another", out, dir)
	}
	return dir, nil
}

// checkWritable refuses a folder for results that could not be made or written to, before anything else takes time. It
// makes none.
func checkWritable(out string) error {
	dir, err := existingFolder(out)
	if err != nil {
		return err
	}
	if err := durable.Writable(dir); err != nil {
		return fmt.Errorf("-out %s: results cannot be written into %s: %w; choose another folder", out, dir, err)
	}
	return nil
}

// checkSettings compares jobs with the runs in the folder. The same run under other settings is an error that lists the
// differences: results of different settings must not share a table. If only testing reads these settings, the run is
// returned for another test. A phantom is an error if an earlier run found the dataset in the data folder.
func checkSettings(dir string, jobs []*job, data string) (anew []retest, err error) {
	there, err := labelsIn(filepath.Join(dir, record.RunsFolder))
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		onFiles := j.run
		onFiles.Phantom = false
		if earlier := there[onFiles.Label()]; j.run.Phantom && data != "" && len(earlier) > 0 {
			return nil, fmt.Errorf("%s is no longer in the data folder %s, but %s was run on it: put it back, or "+
				"add -fresh to begin a new results folder beside this one",
				j.run.Dataset.Name, data, filepath.Join(dir, record.RunsFolder, earlier[0]))
		}
		label := there[j.run.Label()]
		for _, other := range label {
			if other == j.id {
				continue
			}
			path := filepath.Join(dir, record.RunsFolder, other)
			found, err := ReadRecord(path)
			if err != nil {
				continue // a folder without a record has no results
			}
			diff := j.run.Diff(found.Config)
			sameData := j.dataset == nil || found.Dataset.Hash == j.dataset.Facts().Hash
			if !sameData {
				diff += fmt.Sprintf("\n  the files of dataset %s have changed since", j.run.Dataset.Name)
			}
			if j.run.Trained().Diff(found.Config.Trained()) == "" && sameData && !slices.Contains(label, j.id) {
				anew = append(anew, retest{j, path, diff})
				label = append(label, j.id)
				continue
			}
			return nil, fmt.Errorf("%s holds %s under other settings:\n%s\nput them back, or begin a new results "+
				"folder, by another -out or by sweep -fresh beside this one (nothing is deleted)",
				path, j.run.Title(), diff)
		}
	}
	return anew, nil
}

// labelsIn lists run folders by the readable part of their names.
func labelsIn(dir string) (map[string][]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for earlier runs: %w", err)
	}
	labels := map[string][]string{}
	for _, e := range entries {
		if i := strings.LastIndexByte(e.Name(), '-'); i > 0 && e.IsDir() {
			labels[e.Name()[:i]] = append(labels[e.Name()[:i]], e.Name())
		}
	}
	return labels, nil
}

package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"r2unet/datasets"
	"r2unet/evaluate"
	"r2unet/evaluate/record"
	"r2unet/internal/cli"
)

// checkEarlier compares earlier runs in the results folder with the present data and kernels. Runs on different files
// must not share a table, and a run resumed under other kernels has the bits of neither. It only reads records.
func (s *session) checkEarlier(jobs []*job) error {
	folders, err := os.ReadDir(filepath.Join(s.folder, record.RunsFolder))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for earlier runs: %w", err)
	}
	var names []string
	for _, f := range folders {
		names = append(names, f.Name())
	}
	return s.checkEarlierOf(names, jobs)
}

// checkEarlierOf is checkEarlier for the runs in some folders.
func (s *session) checkEarlierOf(names []string, jobs []*job) error {
	changed := map[*datasets.Dataset][]string{}
	for _, name := range names {
		var found Record
		err := record.SkimJSON(filepath.Join(s.folder, record.RunsFolder, name, record.RunFile), &found)
		if err != nil {
			continue // runAll warns of it if the run is needed
		}
		i := slices.IndexFunc(jobs, func(j *job) bool {
			return j.dataset != nil && j.run.Phantom == found.Config.Phantom &&
				reflect.DeepEqual(j.run.Dataset, found.Config.Dataset)
		})
		if i < 0 {
			continue // a dataset that the file no longer has
		}
		if hash := found.Dataset.Hash; hash != "" && hash != jobs[i].dataset.Facts().Hash {
			changed[jobs[i].dataset] = append(changed[jobs[i].dataset], name)
		}
		kernels, now := found.Result.Kernels, s.device.Arithmetic()
		wanted := slices.ContainsFunc(jobs, func(j *job) bool { return j.id == name })
		others := kernels != "" && lastKernels(kernels) != now
		if wanted && found.Result.Status != evaluate.Finished && !s.options.AnyKernels && others {
			return &cli.InputError{Err: fmt.Errorf("%s was begun under other kernels (%s) than there are here "+
				"(%s), and would have the bits of neither: go on where it was begun, "+
				"or with -any-kernels, which its row then says, or add -fresh to begin a new results folder beside "+
				"this one (nothing is deleted)",
				filepath.Join(s.folder, record.RunsFolder, name), kernels, now)}
		}
	}
	for dataset, runs := range changed {
		return &cli.InputError{Err: fmt.Errorf("%s: its files are others than in %s of %s (%s): results on "+
			"different files must not meet in one table; "+
			"restore the files, or add -fresh to begin a new results folder beside this one (nothing is deleted)",
			dataset.Name, several(len(runs), "run"), s.folder, few(runs))}
	}
	return nil
}

// few lists the first few names.
func few(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:3], ", ") + ", …"
}

// kernelsJoin separates the kernels of a run that was resumed under others.
const kernelsJoin = evaluate.KernelsThen

// lastKernels returns the last kernels of a chain.
func lastKernels(chain string) string {
	return chain[strings.LastIndex(kernelsJoin+chain, kernelsJoin):]
}

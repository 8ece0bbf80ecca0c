package board

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/record"
	"r2unet/evaluate/report"
)

// A source makes sections of one or two results folders.
type source struct {
	folders []string
	builder *report.Builder
	seen    *string // what the folders looked like when sections were made last
}

func newSource(folders []string) (source, error) {
	if len(folders) < 1 || len(folders) > 2 {
		return source{}, fmt.Errorf("%d results folders: want one, or two to compare, as A,B", len(folders))
	}
	for i, folder := range folders {
		resolved, err := resolve(folder)
		if err != nil {
			return source{}, err
		}
		folders[i] = resolved
	}
	seen := unseen
	return source{folders, report.NewBuilder(), &seen}, nil
}

// resolve accepts a profile's folder, or the one above it where it holds only one.
func resolve(folder string) (string, error) {
	if isSweep(folder) {
		return folder, nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("open results: %w", err)
	}
	var profiles []string
	for _, entry := range entries {
		if isSweep(filepath.Join(folder, entry.Name())) {
			profiles = append(profiles, filepath.Join(folder, entry.Name()))
		}
	}
	switch len(profiles) {
	case 0:
		return "", fmt.Errorf("%s holds no folder runs: want the results folder of one profile, e.g. results/quick", folder)
	case 1:
		return profiles[0], nil
	}
	return "", fmt.Errorf("%s holds the results of several profiles: name one of %s", folder, strings.Join(profiles, ", "))
}

func isSweep(folder string) bool {
	info, err := os.Stat(filepath.Join(folder, record.RunsFolder))
	return err == nil && info.IsDir()
}

// unseen is no look of any folder.
const unseen = "not looked at yet"

// title names the folders without what is above them.
func (s source) title() string {
	var names []string
	for _, folder := range s.folders {
		if absolute, err := filepath.Abs(folder); err == nil {
			folder = absolute
		}
		names = append(names, filepath.Base(folder))
	}
	return strings.Join(names, " and ")
}

// maxRuns are the runs that a page with everything about them is made of; it has about 14 kB for each.
const maxRuns = 200

// large reports whether a folder has more runs than one page takes. Two folders side by side are always one page.
func (s source) large() bool {
	if len(s.folders) > 1 {
		return false
	}
	folder, err := os.Open(filepath.Join(s.folders[0], record.RunsFolder))
	if err != nil {
		return false
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(maxRuns + 1)
	return len(names) > maxRuns
}

// unchanged says whether no file was written since sections were made last.
func (s source) unchanged() bool { return s.look() == *s.seen }

// look is a text that differs whenever a file of the runs was written.
func (s source) look() string {
	var state strings.Builder
	for _, folder := range s.folders {
		err := filepath.WalkDir(filepath.Join(folder, record.RunsFolder), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil // it went away since; the next look sees that
			case entry.IsDir() && entry.Name() == record.PredictionsFolder:
				return fs.SkipDir // written before the run's record is
			case entry.IsDir() || record.IsCheckpoint(entry.Name()):
				return nil
			}
			if info, err := entry.Info(); err == nil {
				fmt.Fprintf(&state, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
			}
			return nil
		})
		if err != nil {
			fmt.Fprintf(&state, "%v\n", err)
		}
	}
	return state.String()
}

// sections reads the folders anew.
func (s source) sections() ([]report.Section, error) {
	look := s.look()
	*s.seen = unseen // to look again soon where this fails
	var sweeps []*archive.Sweep
	for _, folder := range s.folders {
		sweep, err := archive.Open(folder)
		if err != nil {
			return nil, err
		}
		defer sweep.Close()
		sweeps = append(sweeps, sweep)
	}
	var made []report.Section
	if len(sweeps) == 1 {
		made = s.builder.Sections(sweeps[0])
	} else {
		var err error
		if made, err = s.builder.Compare(sweeps[0], sweeps[1]); err != nil {
			return nil, err
		}
	}
	*s.seen = look
	return made, nil
}

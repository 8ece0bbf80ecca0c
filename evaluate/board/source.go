package board

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/record"
	"r2unet/evaluate/report"
)

// A source makes sections of one results folder, or of several side by side.
type source struct {
	folders []string
	builder *report.Builder
	seen    *string // state of the folders when sections were last made
}

func newSource(folders []string) (source, error) {
	resolved, err := Resolve(folders)
	if err != nil {
		return source{}, err
	}
	seen := unseen
	return source{resolved, report.NewBuilder(), &seen}, nil
}

// Resolve returns the folders of profiles that folders stand for: their own, or that of the only profile they hold.
func Resolve(folders []string) ([]string, error) {
	if len(folders) == 0 {
		return nil, errors.New("no results folder is named: want one, or several to compare")
	}
	var resolved []string
	for _, folder := range folders {
		one, err := resolve(folder)
		if err != nil {
			return nil, err
		}
		if at := slices.Index(resolved, one); at >= 0 {
			return nil, fmt.Errorf("%s is named twice: compare different folders", one)
		}
		resolved = append(resolved, one)
	}
	return resolved, nil
}

// resolve accepts a profile's folder, or its parent if that holds only one profile.
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
		return "", fmt.Errorf("%s holds no folder runs: want the results folder of one profile, e.g. results/quick",
			folder)
	case 1:
		return profiles[0], nil
	}
	return "", fmt.Errorf("%s holds the results of several profiles: name one of %s", folder,
		strings.Join(profiles, ", "))
}

func isSweep(folder string) bool {
	info, err := os.Stat(filepath.Join(folder, record.RunsFolder))
	return err == nil && info.IsDir()
}

// unseen differs from every state that look returns.
const unseen = "not looked at yet"

// title returns the names of the folders without their parents.
func (s source) title() string {
	var names []string
	for _, folder := range s.folders {
		if absolute, err := filepath.Abs(folder); err == nil {
			folder = absolute
		}
		names = append(names, filepath.Base(folder))
	}
	return strings.Join(names, ", ")
}

// maxRuns is the largest number of runs shown in full on one page, which has about 14 kB per run.
const maxRuns = 200

// large reports whether the folder has more runs than fit on one page. Folders side by side are always one page.
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

// unchanged reports whether no file was written since sections were last made.
func (s source) unchanged() bool { return s.look() == *s.seen }

// look returns a text that differs whenever a file of the runs was written.
func (s source) look() string {
	var state strings.Builder
	for _, folder := range s.folders {
		err := filepath.WalkDir(filepath.Join(folder, record.RunsFolder), func(path string, entry fs.DirEntry,
			err error,
		) error {
			switch {
			case err != nil:
				return nil // deleted meanwhile; the next look will notice
			case entry.IsDir() && record.IsPictures(entry.Name()):
				return fs.SkipDir // pictures are written before the run's record
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

// sections reads the folders and makes all sections.
func (s source) sections() ([]report.Section, error) {
	look := s.look()
	*s.seen = unseen // so that a failure is retried
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
		made = s.builder.Compare(sweeps...)
	}
	*s.seen = look
	return made, nil
}

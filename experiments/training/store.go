package training

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"r2unet/evaluate/record"
	"r2unet/internal/checkpoint"
	"r2unet/internal/durable"
)

// Store keeps the last two checkpoints of a run.
type Store struct {
	FS       durable.FS
	Dir      string // the run's folder
	Identity Identity
}

// Save writes a snapshot as the newest checkpoint and keeps the last one as the previous checkpoint.
func (s Store) Save(snap Snapshot) error {
	file, err := s.Identity.file(snap)
	if err != nil {
		return err
	}
	path := filepath.Join(s.Dir, record.CheckpointFile)
	write := func(w io.Writer) error { return checkpoint.Encode(w, file) }
	return durable.Replace(s.FS, path, write, func() error {
		err := s.FS.Rename(path, filepath.Join(s.Dir, record.PreviousFile))
		if errors.Is(err, os.ErrNotExist) {
			return nil // the first checkpoint
		}
		return err
	})
}

// Finish replaces the newest checkpoint by the snapshot of a finished run. If that is Finished, it removes the previous
// one.
func (s Store) Finish(snap Snapshot) error {
	file, err := s.Identity.file(snap)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error { return checkpoint.Encode(w, file) }
	if err := durable.WriteFile(s.FS, filepath.Join(s.Dir, record.CheckpointFile), write); err != nil {
		return err
	}
	if !snap.Finished {
		return nil
	}
	if err := s.FS.Remove(filepath.Join(s.Dir, record.PreviousFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the checkpoint before the last: %w", err)
	}
	return nil
}

// Load reads the newest intact checkpoint; found is false if there is none. It renames damaged checkpoints and warns of
// them, naming what is lost. It also warns of a checkpoint written by other code. An unreadable checkpoint, another
// configuration and changed data are errors.
func (s Store) Load(warn func(string)) (snap Snapshot, found bool, err error) {
	var damaged []string
	for _, name := range []string{record.CheckpointFile, record.PreviousFile} {
		path := filepath.Join(s.Dir, name)
		file, err := readSealed(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if unread := (*os.PathError)(nil); errors.As(err, &unread) {
			return Snapshot{}, false, fmt.Errorf("the checkpoint is there but %w; make it readable, or move it away "+
				"to go on without it", unread)
		}
		if err != nil {
			if err := s.putAside(path); err != nil {
				return Snapshot{}, false, err
			}
			damaged = append(damaged, err.Error())
			continue
		}
		snap, err := s.Identity.snapshot(file)
		if err != nil {
			return Snapshot{}, false, fmt.Errorf("checkpoint %s: %w", path, err)
		}
		if code := file.Metadata[metaCode]; code != s.Identity.Code {
			warn(fmt.Sprintf("checkpoint %s was written by other code (%s) than goes on with it now (%s): where they "+
				"compute differently, the run has the bits of neither; -fresh begins a new results folder",
				path, code, s.Identity.Code))
		}
		if damaged != nil {
			warn(fmt.Sprintf("damaged, and put aside as %s: %s; going on from %s, %s: what was trained after it is "+
				"trained again",
				record.DamagedFile, damaged[0], name, s.describe(snap.Position)))
		}
		return snap, true, nil
	}
	if damaged != nil {
		warn(fmt.Sprintf("damaged, and put aside as %s: %s; there is no sound checkpoint: the run starts from its "+
			"first step", record.DamagedFile, strings.Join(damaged, "; ")))
	}
	return Snapshot{}, false, nil
}

// putAside renames a damaged checkpoint, so that the next save does not replace the intact previous one by it.
func (s Store) putAside(path string) error {
	if err := s.FS.Rename(path, filepath.Join(s.Dir, record.DamagedFile)); err != nil {
		return fmt.Errorf("put the damaged checkpoint aside: %w", err)
	}
	return s.FS.SyncDir(s.Dir)
}

// describe returns a position in words.
func (s Store) describe(p Position) string {
	if p.Done(s.Identity.Config.Training) {
		return "where training has ended"
	}
	return fmt.Sprintf("epoch %d, step %d", p.Epoch+1, p.Step)
}

// lacking returns the metadata keys of a checkpoint that a file lacks.
func lacking(metadata map[string]string) []string {
	var missing []string
	for _, key := range []string{checkpoint.HashKey, metaConfig, metaRecipe} {
		if _, there := metadata[key]; !there {
			missing = append(missing, key)
		}
	}
	return missing
}

// readSealed reads a checkpoint and requires a hash of its content.
func readSealed(path string) (*checkpoint.File, error) {
	f, err := checkpoint.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !f.Sealed() {
		return nil, fmt.Errorf("%s is not a checkpoint of this program: no content hash (its metadata lack %s); it "+
			"should be the %s of a run",
			path, strings.Join(lacking(f.Metadata), ", "), record.CheckpointFile)
	}
	return f, nil
}

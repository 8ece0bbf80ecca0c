package experiments

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"r2unet/internal/checkpoint"
	"r2unet/internal/durable"
)

// The two checkpoints that a run's folder keeps.
const (
	checkpointFile = "checkpoint.safetensors"
	previousFile   = "checkpoint.previous.safetensors"
)

// store keeps the last two checkpoints of a run.
type store struct {
	fs  durable.FS
	dir string
	id  identity
}

// save writes a snapshot as the newest checkpoint; the one before becomes the previous.
func (s store) save(snap Snapshot) error {
	file, err := s.id.file(snap)
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, checkpointFile)
	write := func(w io.Writer) error { return checkpoint.Encode(w, file) }
	return durable.Replace(s.fs, path, write, func() error {
		err := s.fs.Rename(path, filepath.Join(s.dir, previousFile))
		if errors.Is(err, os.ErrNotExist) {
			return nil // the first checkpoint
		}
		return err
	})
}

// load finds the newest sound checkpoint. Without any it returns found = false. A damaged one is named through
// warn, with what is lost by falling back; that the configuration or the data has changed is an error.
func (s store) load(warn func(string)) (snap Snapshot, found bool, err error) {
	var damaged error
	for _, name := range []string{checkpointFile, previousFile} {
		path := filepath.Join(s.dir, name)
		file, err := readSealed(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			damaged = err
			continue
		}
		snap, err := s.id.snapshot(file)
		if err != nil {
			return Snapshot{}, false, fmt.Errorf("checkpoint %s: %w", path, err)
		}
		if damaged != nil {
			warn(fmt.Sprintf("%v; going on from %s (epoch %d, step %d): what was trained after it is trained again",
				damaged, name, snap.Position.Epoch+1, snap.Position.Step))
		}
		return snap, true, nil
	}
	if damaged != nil {
		warn(fmt.Sprintf("%v, and there is no sound one before it: the run starts from its first step", damaged))
	}
	return Snapshot{}, false, nil
}

// readSealed reads a checkpoint that must carry a hash of its content.
func readSealed(path string) (*checkpoint.File, error) {
	f, err := checkpoint.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !f.Sealed() {
		return nil, fmt.Errorf("read tensors %s: no content hash: %w", path, checkpoint.ErrDamaged)
	}
	return f, nil
}

package claim

import "r2unet/internal/durable"

// FS returns a file system that makes no folders, and renames and removes nothing, once the claim is lost: a folder
// that was taken away does not come back half empty.
func (h *Held) FS(fsys durable.FS) durable.FS { return fenced{fsys, h} }

// fenced is a file system behind a claim.
type fenced struct {
	durable.FS
	held *Held
}

func (f fenced) MkdirAll(dir string) error {
	if err := f.held.Check(); err != nil {
		return err
	}
	return f.FS.MkdirAll(dir)
}

func (f fenced) Rename(from, to string) error {
	if err := f.held.Check(); err != nil {
		return err
	}
	return f.FS.Rename(from, to)
}

func (f fenced) Remove(path string) error {
	if err := f.held.Check(); err != nil && !durable.Temporary(path) {
		return err
	}
	return f.FS.Remove(path)
}

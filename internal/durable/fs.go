// Package durable writes files that are either whole or not there, whatever happens while they are written:
// to a temporary file in the same folder, synchronized, renamed, and the folder synchronized.
package durable

import (
	"errors"
	"io"
	"os"
)

// FS is what writing needs of a file system. OS is the real one; tests use package faults, where a
// chosen operation fails.
type FS interface {
	MkdirAll(dir string) error
	CreateTemp(dir, pattern string) (File, error) // as os.CreateTemp, but readable for everyone the umask lets
	Rename(from, to string) error
	Remove(path string) error
	SyncDir(dir string) error // makes renames in the folder last through a power cut
}

// File is an open file that is being written.
type File interface {
	io.WriteCloser
	io.WriterAt
	Name() string
	Sync() error
}

// OS is the file system of the machine.
var OS FS = osFS{}

type osFS struct{}

func (osFS) MkdirAll(dir string) error    { return os.MkdirAll(dir, 0o755) }
func (osFS) Rename(from, to string) error { return rename(from, to) }
func (osFS) Remove(path string) error     { return os.Remove(path) }
func (osFS) SyncDir(dir string) error     { return syncDir(dir) }

// Sync waits until a file that was written before is on the disk.
func Sync(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (osFS) CreateTemp(dir, pattern string) (File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, err
	}
	return f, nil
}

// Staged is fsys with all temporary files in dir, a folder of the same file system as those that are written into.
// Whoever takes over dir from a killed writer finds there what it has left, wherever it was to go.
func Staged(fsys FS, dir string) FS { return staged{fsys, dir} }

type staged struct {
	FS
	dir string
}

func (s staged) CreateTemp(_, pattern string) (File, error) { return s.FS.CreateTemp(s.dir, pattern) }

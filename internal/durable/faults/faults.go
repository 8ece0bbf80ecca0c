// Package faults is a file system for tests in which a chosen operation fails: the disk is full, the folder is
// read-only, or the program dies at that moment.
package faults

import (
	"sync"

	"r2unet/internal/durable"
)

// FS passes everything to the real file system until operation number At (from 1), which returns Err and does
// nothing, or for a write does only half. From then on every further operation fails too where Forever is set,
// as on a full disk.
type FS struct {
	At      int   // 0 = nothing fails
	Err     error // what the failing operation returns, such as syscall.ENOSPC
	Forever bool
	OnFault func() // called when operation At is asked for, before it fails; a test may kill the process in it

	mu    sync.Mutex
	count int
}

// Operations says how many operations were asked for so far.
func (f *FS) Operations() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// fails counts an operation and says whether it is to fail.
func (f *FS) fails() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if f.count == f.At && f.OnFault != nil {
		f.OnFault()
	}
	return f.At > 0 && (f.count == f.At || f.Forever && f.count > f.At)
}

// MkdirAll implements durable.FS.
func (f *FS) MkdirAll(dir string) error {
	if f.fails() {
		return f.Err
	}
	return durable.OS.MkdirAll(dir)
}

// CreateTemp implements durable.FS.
func (f *FS) CreateTemp(dir, pattern string) (durable.File, error) {
	if f.fails() {
		return nil, f.Err
	}
	file, err := durable.OS.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, f}, nil
}

// Rename implements durable.FS.
func (f *FS) Rename(from, to string) error {
	if f.fails() {
		return f.Err
	}
	return durable.OS.Rename(from, to)
}

// Remove implements durable.FS.
func (f *FS) Remove(path string) error {
	if f.fails() {
		return f.Err
	}
	return durable.OS.Remove(path)
}

// SyncDir implements durable.FS.
func (f *FS) SyncDir(dir string) error {
	if f.fails() {
		return f.Err
	}
	return durable.OS.SyncDir(dir)
}

// faultyFile is a file of a faulty file system.
type faultyFile struct {
	durable.File
	fs *FS
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if f.fs.fails() {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, f.fs.Err
	}
	return f.File.Write(p)
}

func (f *faultyFile) WriteAt(p []byte, offset int64) (int, error) {
	if f.fs.fails() {
		n, _ := f.File.WriteAt(p[:len(p)/2], offset)
		return n, f.fs.Err
	}
	return f.File.WriteAt(p, offset)
}

func (f *faultyFile) Sync() error {
	if f.fs.fails() {
		return f.fs.Err
	}
	return f.File.Sync()
}

func (f *faultyFile) Close() error {
	if f.fs.fails() {
		f.File.Close()
		return f.fs.Err
	}
	return f.File.Close()
}

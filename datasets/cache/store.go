// Package cache keeps prepared samples and content hashes of files on disk, so that each image is prepared once.
//
// Nothing here can change a result: samples are keyed by the content of their files and by all settings they depend
// on, a damaged file is detected by its checksum and made again, and a folder that cannot be written only costs time.
package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"r2unet/internal/durable"
)

// Store is a cache folder. Methods may be called concurrently.
type Store struct {
	dir string

	mu     sync.Mutex
	hashes map[string]known // by absolute path
	dirty  bool
}

// Open returns the store of a folder, which is created at the first write.
func Open(dir string) *Store {
	s := &Store{dir: dir, hashes: map[string]known{}}
	s.removeDead()
	s.loadHashes()
	return s
}

// Dir returns the store's folder.
func (s *Store) Dir() string { return s.dir }

// Key returns the key of a sample: a hash of all it depends on, that is, content hashes of files and settings.
func Key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}

func (s *Store) path(key string) string {
	return filepath.Join(s.dir, "samples", key[:2], key[2:])
}

// Get reads a sample. It returns nil if the sample is missing or damaged.
func (s *Store) Get(key string) *Sample {
	data, err := os.ReadFile(s.path(key))
	if err != nil {
		return nil
	}
	return decode(data)
}

// Put writes a sample. The file appears whole or not at all. It is not synced to disk, because its checksum detects a
// torn file.
func (s *Store) Put(key string, sample *Sample) error {
	return replace(s.path(key), encode(sample))
}

// rename is os.Rename; tests make it fail.
var rename = os.Rename

// replace puts a file in place whole. It fails only if what is there then is not the same: another machine may have
// written it first. One whose temporary file has gone, or its folder, tries again.
func replace(path string, data []byte) (err error) {
	for range 3 {
		if err = replaceOnce(path, data); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		if there, unread := os.ReadFile(path); unread == nil && bytes.Equal(there, data) {
			return nil
		}
	}
	return err
}

func replaceOnce(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), unfinished+durable.Self().Mark()+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// Package cache keeps prepared samples and content hashes of files on disk, so that each image is prepared once.
//
// Nothing here can change a result: samples are keyed by the content of their files and by all settings they depend
// on, a damaged file is detected by its checksum and made again, and a folder that cannot be written only costs time.
package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
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

func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), fmt.Sprintf("%s%d-*", unfinished, os.Getpid()))
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

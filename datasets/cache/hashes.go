package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"r2unet/datasets/files"
)

// File describes a picture file without decoding it.
type File struct {
	SHA256        string `json:"sha256"` // of the content, hexadecimal
	Width, Height int    // px, as the picture is shown
	Orientation   int    `json:",omitempty"` // 2 to 8 if the stored pixels are turned, see raster.Image.Orient
}

// known is a File together with what tells that the file on disk is still the same.
type known struct {
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"`
	// Changed is when the system last changed the file, in ns. Nobody can set it; it is 0 where the system does
	// not report it, and in older lists.
	Changed int64 `json:"changed,omitempty"`
	Reader  int   `json:"reader"` // the readerVersion that examined the file
	File
}

// readerVersion increases when headers are read differently. Version 1 applies orientation tags.
const readerVersion = 1

// settled is the age from which a file's modification time can be trusted to show the next change.
const settled = 2 * time.Second

func (s *Store) hashesPath() string { return filepath.Join(s.dir, "hashes.json") }

// loadHashes reads the hashes of earlier runs. A damaged list only costs hashing the files again.
func (s *Store) loadHashes() {
	if s.dir == "" {
		return
	}
	data, err := os.ReadFile(s.hashesPath())
	if err != nil {
		return
	}
	if json.Unmarshal(data, &s.hashes) != nil {
		s.hashes = map[string]known{}
	}
}

// Examine returns the content hash and the size in pixels of a picture file. Errors name the file.
func (s *Store) Examine(path string) (File, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return File{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return File{}, err
	}
	s.mu.Lock()
	k, ok := s.hashes[abs]
	s.mu.Unlock()
	if ok && k.Reader == readerVersion && k.Bytes == info.Size() && k.Modified.Equal(info.ModTime()) &&
		k.Changed == changed(info) {
		return k.File, nil
	}
	data, err := files.Bytes(path)
	if err != nil {
		return File{}, err
	}
	h, err := files.ReadHeader(path, data)
	if err != nil {
		return File{}, err
	}
	f := File{SHA256: Sum(data), Width: h.Width, Height: h.Height}
	if h.Orientation > 1 {
		f.Orientation = h.Orientation
	}
	if time.Since(info.ModTime()) > settled {
		s.mu.Lock()
		s.hashes[abs] = known{
			Reader: readerVersion, Bytes: info.Size(), Modified: info.ModTime(), Changed: changed(info), File: f,
		}
		s.dirty = true
		s.mu.Unlock()
	}
	return f, nil
}

// Sum returns the SHA-256 of a file's content in hexadecimal.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// SaveHashes writes what Examine has found, for the next run.
func (s *Store) SaveHashes() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.dirty {
		return nil
	}
	data, err := json.MarshalIndent(s.hashes, "", " ")
	if err != nil {
		return err
	}
	s.dirty = false
	return replace(s.hashesPath(), data)
}

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

// File is what is known about a picture file without decoding it.
type File struct {
	SHA256        string `json:"sha256"` // of the content, hexadecimal
	Width, Height int
	Orientation   int `json:",omitempty"` // 2 to 8 where the stored pixels are turned, see raster.Image.Orient
}

// known remembers a File for as long as the file's length and time stay.
type known struct {
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"`
	// Changed is when the system last changed the file, ns, which nobody can set; 0 where it does not say, as in older lists.
	Changed int64 `json:"changed,omitempty"`
	Reader  int   `json:"reader"` // the readerVersion that has examined the file
	File
}

// readerVersion changes when a file's header is read in another way: 1 turns pictures by their orientation.
const readerVersion = 1

// settled is how old a file has to be before its time of change is trusted to show the next one.
const settled = 2 * time.Second

func (s *Store) hashesPath() string { return filepath.Join(s.dir, "hashes.json") }

// loadHashes reads what an earlier run has hashed. A damaged file only costs the hashing.
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

// Examine gives a picture file's content hash and its size in pixels. An error names the file.
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
	if ok && k.Reader == readerVersion && k.Bytes == info.Size() && k.Modified.Equal(info.ModTime()) && k.Changed == changed(info) {
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
		s.hashes[abs] = known{Reader: readerVersion, Bytes: info.Size(), Modified: info.ModTime(), Changed: changed(info), File: f}
		s.dirty = true
		s.mu.Unlock()
	}
	return f, nil
}

// Sum is the SHA-256 of a file's content, hexadecimal.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// SaveHashes writes down what Examine has found, for the next run.
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

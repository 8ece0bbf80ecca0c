package matrix

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// initialized returns a profile with the paths and hashes of the files of weights that it starts from.
func (f *File) initialized(p Profile) (Profile, error) {
	read := initFiles{folder: filepath.Dir(f.Path), hashes: map[string]string{}}
	p.points = slices.Clone(p.points)
	if err := read.resolve(&p.Training, p.points); err != nil {
		return p, f.decoder.settingError("profile."+p.Name, "profile "+p.Name, err)
	}
	p.overrides = maps.Clone(p.overrides)
	for dataset, o := range p.overrides {
		o.points = slices.Clone(o.points)
		if err := read.resolve(&o.Training, o.points); err != nil {
			return p, f.decoder.settingError("profile."+p.Name+".dataset."+dataset,
				fmt.Sprintf("profile %s, dataset %s", p.Name, dataset), err)
		}
		p.overrides[dataset] = o
	}
	return p, nil
}

// initFiles reads each file of weights once.
type initFiles struct {
	folder string            // that relative paths begin in
	hashes map[string]string // by path
}

// resolve sets paths and hashes in settings and in the points of their grid.
func (r initFiles) resolve(t *Training, points []point) error {
	all := []*Training{t}
	for i := range points {
		all = append(all, &points[i].training)
	}
	for _, t := range all {
		if t.Init == "" {
			continue
		}
		t.InitPath = filepath.FromSlash(t.Init)
		if !filepath.IsAbs(t.InitPath) {
			t.InitPath = filepath.Join(r.folder, t.InitPath)
		}
		var err error
		if t.InitHash, err = r.hash(t.InitPath); err != nil {
			return fmt.Errorf("init = %q: %w", t.Init, err)
		}
	}
	return nil
}

// hash returns the SHA-256 of a file as hexadecimal digits.
func (r initFiles) hash(path string) (string, error) {
	if sum, there := r.hashes[path]; there {
		return sum, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() { // opening a pipe would block
		return "", fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	r.hashes[path] = hex.EncodeToString(h.Sum(nil))
	return r.hashes[path], nil
}

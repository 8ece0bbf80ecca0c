package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"r2unet/datasets/cache"
	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
	"r2unet/internal/durable"
)

// drawing begins the names of folders that phantoms are drawn into, until they are whole.
const drawing = ".drawing-"

// drawPhantom draws the phantom unless an earlier run has and its files still hold what was drawn. It appears under
// its name only when it is whole and on the disk. Its manifest, the hashes of all its files, is written last, beside
// it.
func (ds *Dataset) drawPhantom(ctx context.Context) (*Copy, error) {
	d, c := ds.description, ds.config
	all := filepath.Join(c.Cache, "phantoms")
	dir := filepath.Join(all, fmt.Sprintf("v%d-seed%d-images%d-shrink%d",
		phantom.Version, phantomSeed, c.PhantomImages, c.PhantomShrink), d.Name)
	unlock, lockErr := ds.lockPhantoms(ctx, all)
	if lockErr == nil {
		defer unlock()
		removeDead(all)
	} else if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	damage, err := ds.damage(ctx, dir)
	if err != nil {
		return nil, err
	}
	if damage == "" {
		return d.Find(dir)
	}
	if lockErr != nil {
		return nil, fmt.Errorf("make the phantom's folder: %w", lockErr)
	}
	if damage == absent {
		ds.note("drawing the phantom of %s, once, into %s", d.Name, dir)
	} else {
		ds.note("the phantom of %s in %s is damaged (%s): drawing it again", d.Name, dir, damage)
	}
	if err := ds.drawInto(ctx, dir); err != nil {
		return nil, err
	}
	return d.Find(dir)
}

// lockPhantoms waits until no other process draws into the cache or looks at what is there.
func (ds *Dataset) lockPhantoms(ctx context.Context, all string) (unlock func(), err error) {
	if err := os.MkdirAll(all, 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(all, ".lock"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	for told := false; ; told = true {
		err := durable.Lock(f)
		switch {
		case err == nil:
			return func() { f.Close() }, nil
		case !errors.Is(err, durable.ErrLocked): // a file system without locks: as good as it can be
			return func() { f.Close() }, nil
		case !told:
			ds.note("waiting for another process that draws phantoms into %s", all)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// removeDead removes what processes have left that died while they drew. The caller has the lock, so nobody draws at
// present.
func removeDead(all string) {
	left, _ := filepath.Glob(filepath.Join(all, "*", drawing+"*"))
	for _, dir := range left {
		_ = os.RemoveAll(dir) // it is tried again the next time
	}
}

// drawInto draws the phantom in the place of what is there.
func (ds *Dataset) drawInto(ctx context.Context, dir string) (err error) {
	d, c := ds.description, ds.config
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return fmt.Errorf("make the phantom's folder: %w", err)
	}
	half, err := os.MkdirTemp(filepath.Dir(dir), drawing)
	if err != nil {
		return fmt.Errorf("make the phantom's folder: %w", err)
	}
	defer os.RemoveAll(half)
	if err := d.Phantom(ctx, half, phantom.Options{
		Seed: phantomSeed, Images: c.PhantomImages, Shrink: c.PhantomShrink,
	}); err != nil {
		return err
	}
	hashes, err := hashesOf(ctx, half)
	if err == nil {
		err = errors.Join(os.RemoveAll(manifestOf(dir)), os.RemoveAll(dir))
	}
	if err == nil {
		err = os.Rename(half, dir)
	}
	if err == nil {
		err = durable.WriteJSON(durable.OS, manifestOf(dir), hashes)
	}
	if err != nil {
		return fmt.Errorf("keep the phantom of %s: %w", d.Name, err)
	}
	return nil
}

// manifestOf is the file beside a phantom with the SHA-256 of each of its files.
func manifestOf(dir string) string { return dir + ".sha256.json" }

// absent is the damage of a phantom that was never drawn.
const absent = "it is not there"

// damage says what keeps a phantom from being used; "" where it is whole. Files that have not changed since they were
// last looked at are not read again.
func (ds *Dataset) damage(ctx context.Context, dir string) (string, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return absent, nil
	}
	content, err := os.ReadFile(manifestOf(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return "it has no list of its files' hashes", nil
	}
	if err != nil {
		return "", err
	}
	var want map[string]string
	if json.Unmarshal(content, &want) != nil || len(want) == 0 {
		return "the list of its files' hashes cannot be read", nil
	}
	found, err := filesBelow(dir)
	if err != nil {
		return "", err
	}
	for _, path := range found {
		if want[path] == "" {
			return path + " is no part of it", nil
		}
	}
	if len(found) < len(want) {
		return fmt.Sprintf("%d of %d files are missing", len(want)-len(found), len(want)), nil
	}
	err = inOrder(ctx, len(found), func(_ context.Context, i int) error {
		if f, err := ds.store.Examine(filepath.Join(dir, found[i])); err != nil || f.SHA256 != want[found[i]] {
			return fmt.Errorf("%s does not hold what was drawn", found[i])
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		return err.Error(), nil
	}
	return "", err
}

// hashesOf makes sure that the files of a folder are on the disk, and hashes them, by their path with slashes.
func hashesOf(ctx context.Context, dir string) (map[string]string, error) {
	paths, err := filesBelow(dir)
	if err != nil {
		return nil, err
	}
	hashes := map[string]string{}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		content, err := files.Bytes(filepath.Join(dir, path))
		if err == nil {
			err = durable.Sync(filepath.Join(dir, path))
		}
		if err != nil {
			return nil, err
		}
		hashes[path] = cache.Sum(content)
	}
	return hashes, nil
}

// filesBelow lists the files of a folder and the folders in it, by their path with slashes.
func filesBelow(dir string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		below, err := filepath.Rel(dir, path)
		paths = append(paths, filepath.ToSlash(below))
		return err
	})
	return paths, err
}

package datasets

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"r2unet/datasets/cache"
	"r2unet/datasets/files"
	"r2unet/datasets/phantom"
	"r2unet/internal/durable"
)

// drawing begins the names of folders that phantoms are drawn into, until they are whole.
const drawing = ".drawing-"

// patience is how long a process waits for another one that draws the same phantom, before it draws it too.
const patience = 5 * time.Minute

// drawer draws phantoms into a cache that other processes use at the same time, on this machine and on others with the
// same folder. Nothing is locked: a phantom and its manifest, the hashes of all its files, are drawn into a folder with
// the drawer's mark, which then gets its name by one rename. It fails if another process was quicker, whose phantom
// is kept. A damaged phantom stays until one with the next number is whole, so a name never means two things.
type drawer struct {
	*Dataset

	all      string // the folder of all phantoms
	me       durable.Owner
	patience time.Duration
}

// drawPhantom draws the phantom unless an earlier run has and its files still hold what was drawn.
func (ds *Dataset) drawPhantom(ctx context.Context) (*Copy, error) {
	d := drawer{ds, filepath.Join(ds.config.Cache, "phantoms"), durable.Self(), patience}
	dir, err := d.draw(ctx)
	if err != nil {
		return nil, err
	}
	return ds.description.Find(dir)
}

// name is that of the phantom's folders, without their number.
func (d drawer) name() string {
	return fmt.Sprintf("v%d-seed%d-images%d-shrink%d-%s.",
		phantom.Version, phantomSeed, d.config.PhantomImages, d.config.PhantomShrink, d.Name)
}

// folder is phantom n.
func (d drawer) folder(n int) string {
	return filepath.Join(d.all, d.name()+strconv.Itoa(n), d.Name)
}

// numbers returns those of the phantoms that are there, damaged or not, and whether another process draws the next.
func (d drawer) numbers() (all []int, latest int, drawn bool) {
	entries, _ := os.ReadDir(d.all)
	for _, e := range entries {
		if n, err := strconv.Atoi(strings.TrimPrefix(e.Name(), d.name())); err == nil && n > 0 {
			all, latest = append(all, n), max(latest, n)
		}
		drawn = drawn || strings.HasPrefix(e.Name(), drawing) && strings.HasSuffix(e.Name(), "-"+d.name())
	}
	return all, latest, drawn
}

// draw returns the folder of the phantom.
func (d drawer) draw(ctx context.Context) (string, error) {
	left, _ := filepath.Glob(filepath.Join(d.all, drawing+"*"))
	d.me.RemoveAbandoned(drawing, left)
	for start, told := time.Now(), false; ; {
		_, n, others := d.numbers()
		damage, err := absent, error(nil)
		if n > 0 {
			damage, err = d.damage(ctx, d.folder(n))
		}
		switch {
		case err != nil:
			return "", err
		case damage == "":
			d.removeBefore(n)
			return d.folder(n), nil
		case !others || time.Since(start) >= d.patience:
			dir := d.folder(n + 1)
			if n == 0 {
				d.note("drawing the phantom of %s, once, into %s", d.Name, dir)
			} else {
				d.note("the phantom of %s in %s is damaged (%s): drawing it again", d.Name, d.folder(n), damage)
			}
			if err := d.drawInto(ctx, n+1); err != nil {
				return "", err
			}
			d.removeBefore(n + 1)
			return dir, nil
		case !told:
			told = true
			d.note("waiting for another process that draws the phantom of %s into %s", d.Name, d.all)
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return "", err
		}
	}
}

// sleep waits, unless the context ends before.
func sleep(ctx context.Context, span time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(span):
		return nil
	}
}

// removeBefore removes the damaged phantoms before number n.
func (d drawer) removeBefore(n int) {
	all, _, _ := d.numbers()
	for _, earlier := range all {
		if earlier < n {
			_ = os.RemoveAll(filepath.Dir(d.folder(earlier))) // it is tried again the next time
		}
	}
}

// drawInto draws phantom n. That of another process is kept if it is there first and whole.
func (d drawer) drawInto(ctx context.Context, n int) (err error) {
	half := filepath.Join(d.all, fmt.Sprintf("%s%s-%s-%s", drawing, d.me.Mark(), rand.Text()[:8], d.name()))
	dir := filepath.Join(half, d.Name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("make the phantom's folder: %w", err)
	}
	defer os.RemoveAll(half)
	if err := d.description.Phantom(ctx, dir, phantom.Options{
		Seed: phantomSeed, Images: d.config.PhantomImages, Shrink: d.config.PhantomShrink,
	}); err != nil {
		return err
	}
	hashes, err := hashesOf(ctx, dir)
	if err == nil {
		err = durable.WriteJSON(durable.OS, manifestOf(dir), hashes)
	}
	if err == nil {
		err = d.put(ctx, half, n)
	}
	if err != nil {
		return fmt.Errorf("keep the phantom of %s: %w", d.Name, err)
	}
	return nil
}

// put gives a drawn folder its name.
func (d drawer) put(ctx context.Context, half string, n int) error {
	whole := d.folder(n)
	err := durable.OS.Rename(half, filepath.Dir(whole))
	if err == nil {
		_ = durable.OS.SyncDir(d.all) // after a power cut it is there, or is drawn again
		return nil
	}
	// Another process was quicker; or this rename has happened, and the answer of the file server was lost. What is
	// there may be seen only after a while.
	for start := time.Now(); ; {
		damage, looked := d.damage(ctx, whole)
		if looked == nil && damage == "" {
			return nil
		}
		if looked != nil || !errors.Is(err, fs.ErrExist) && damage == absent || time.Since(start) > d.patience {
			return errors.Join(err, looked)
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
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

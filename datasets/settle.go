package datasets

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"r2unet/datasets/cache"
	"r2unet/datasets/files"
)

// settle checks that the copy can be trained and tested on as the configuration says, and makes the splits. What is
// left out of the copy is warned of. examine fills in ds.images.
func (ds *Dataset) settle(examine func() error) error {
	c, name := ds.copy, ds.Name
	if err := c.broken(name, c.Problems); err != nil {
		return err
	}
	if ds.config.Strict {
		if err := c.broken(name, c.Unpaired); err != nil {
			return fmt.Errorf("%w; without strict = true the rest is used", err)
		}
	}
	if err := ds.keepObserved(); err != nil {
		return err
	}
	for _, w := range c.leftOut() {
		ds.warn("%s", w)
	}
	if len(c.Entries) == 0 {
		why := ""
		if left := c.leftOut(); len(left) > 0 {
			why = "; " + left[0]
		}
		return fmt.Errorf("%s: folder %s has 0 labelled images; files of this dataset are named %s%s%s",
			name, c.Dir, ds.description.Files, why, c.why())
	}
	if !ds.Phantom {
		for _, hint := range c.Hints {
			ds.warn("%s", hint)
		}
	}
	if err := examine(); err != nil {
		return err
	}
	splits, err := ds.description.Divide(c.Entries, ds.config, ds.seed)
	if err != nil {
		return err
	}
	for i, split := range splits {
		ds.folds = append(ds.folds, &Fold{Split: split, Dataset: ds, Number: i})
	}
	// The published set is divided by the paper's split as everybody knows; who brings parts of his own may expect
	// that they are used.
	if text := UnusedParts(c.Entries, splits); text != "" && !ds.Phantom && !ds.description.complete(c) &&
		ds.description.protocol("official") != nil {
		ds.note("%s: split = %q %s", ds.Name, ds.config.Split, text)
	}
	return nil
}

// keepObserved leaves out images that have no label of the configured observer.
func (ds *Dataset) keepObserved() error {
	lacks := func(e files.Entry) bool { return ds.labelPath(e) == "" }
	first := slices.IndexFunc(ds.copy.Entries, lacks)
	if first < 0 {
		return nil
	}
	lacking := ds.copy.Entries[first].Image
	kept := slices.DeleteFunc(slices.Clone(ds.copy.Entries), lacks)
	n := len(ds.copy.Entries) - len(kept)
	if ds.config.Strict || !slices.ContainsFunc(kept, func(e files.Entry) bool { return e.Second != "" }) {
		return fmt.Errorf("%s: %s has no label of observer %d", ds.Name, ds.path(lacking), ds.config.Observer)
	}
	ds.copy.Entries = kept
	ds.warn("%s no label of observer %d and %s left out, such as %s",
		have(n, "image"), ds.config.Observer, are(n), lacking)
	return nil
}

// leftOut tells what of the copy is not used, a line a reason.
func (c *Copy) leftOut() []string {
	var unlabelled, alone, aside []string
	for _, p := range c.Unpaired {
		switch {
		case p.Beside != "":
			aside = append(aside, p.File)
		case p.Role == files.Image:
			unlabelled = append(unlabelled, p.File)
		default:
			alone = append(alone, p.File)
		}
	}
	var lines []string
	for _, left := range []struct {
		names      []string
		what, lack string
	}{
		{unlabelled, "image", "no label"},
		{alone, "label or mask", "no image"},
		{aside, "file", "an image's name beside a folder of images"},
	} {
		if n := len(left.names); n > 0 {
			lines = append(lines, fmt.Sprintf("%s %s and %s left out, such as %s",
				have(n, left.what), left.lack, are(n), left.names[0]))
		}
	}
	return lines
}

func have(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what + " has"
	case what == "label or mask":
		return fmt.Sprintf("%d labels or masks have", n)
	}
	return fmt.Sprintf("%d %ss have", n, what)
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// broken gives problems of a copy as one error: the first in full, the others counted.
func (c *Copy) broken(name string, problems []files.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	p := problems[0]
	err := fmt.Errorf("%s: %s: %s", name, filepath.Join(c.Dir, filepath.FromSlash(p.File)), p.Text)
	if n := len(problems) - 1; n > 0 {
		err = fmt.Errorf("%w (and %d more; go run ./cmd/verify lists them)", err, n)
	}
	return err
}

// usual are settings as most sweeps have them: patches of retinas, whole images otherwise.
func (d *Description) usual() Config {
	if d.folder != nil {
		return d.folder.config
	}
	if d.Photograph {
		return Config{Name: d.Name, Patch: 48, Patches: 1}
	}
	return Config{Name: d.Name, Size: Square(256)}
}

// Try gives the error that Open gives for a copy with the settings of a table, or with usual ones if it is nil, and how
// many training images would be tested for want of a test part. Sizes of images, px, by ID, are those that are known;
// files are not read again.
func (d *Description) Try(
	c *Copy, table *Config, sizes map[string][2]int, seed uint64,
) (heldOut int, err error) {
	copied, config := *c, d.usual()
	if table != nil {
		config = *table
	}
	ds := newDataset(d, config.withDefaults(d), &copied, seed)
	err = ds.settle(func() error {
		for _, e := range copied.Entries {
			if size, known := sizes[e.ID]; known {
				if err := ds.checkSize(&imageFiles{
					Entry: e, image: cache.File{Width: size[0], Height: size[1]},
				}); err != nil {
					return fmt.Errorf("%s: %w", d.Name, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return ds.heldOut(), nil
}

// inOrder does n pieces of work side by side, all of them even where some fail, so that the error is that of the
// first in order however they were scheduled, and counts the others. It stops early where the context ends.
func inOrder(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	failed := make([]error, n)
	g, working := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error {
			if err := working.Err(); err != nil {
				return err
			}
			failed[i] = work(working, i)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	failed = slices.DeleteFunc(failed, func(err error) bool { return err == nil })
	switch len(failed) {
	case 0:
		return nil
	case 1:
		return failed[0]
	}
	return fmt.Errorf("%w (and %d more images with errors; go run ./cmd/verify lists them)", failed[0], len(failed)-1)
}

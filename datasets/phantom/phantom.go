// Package phantom draws stand-ins for datasets: images with the structures, faults and file formats of the real ones,
// and labels that are exact by construction, in the layout of the official copies. Results on them say nothing about
// patients.
//
// Each image is a function of the seed, the dataset and its number, so that the same call always writes the same
// pixels.
package phantom

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Options are the options of a phantom.
type Options struct {
	Seed   uint64 // of all random numbers
	Images int    // training and test images (for ISIC2017 training images); 0 = the dataset's usual number
	Shrink int    // sides of the pictures are divided by this, for quick trials; 0 = 1, the official size
}

// Version increases when the same options give different files.
const Version = 3

// MaxImages exceeds the size of every dataset, and keeps a typing error from filling memory and disk.
const MaxImages = 10_000

// Job writes the files of one image under a folder.
type Job func(dir string, r *rand.Rand) error

// Draw draws a dataset into a folder by running the jobs of a plan in parallel; the result does not depend on the
// number of processors. The random numbers of each image follow from the seed, the dataset's name and the position of
// its job in the plan.
func Draw(ctx context.Context, name, dir string, o Options, plan func(o Options) []Job) error {
	if o.Images > MaxImages {
		return fmt.Errorf("draw phantom of %s: %d images; at most %d can be drawn", name, o.Images, MaxImages)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	o.Shrink = max(o.Shrink, 1)
	for i, draw := range plan(o) {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return draw(dir, stream(o.Seed, name, i))
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("draw phantom of %s: %w", name, err)
	}
	return nil
}

func stream(seed uint64, name string, image int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "phantom %s %d", name, image)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// write creates a file and the folders above it.
func write(path string, encode func(f *os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := encode(f); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Close()
}

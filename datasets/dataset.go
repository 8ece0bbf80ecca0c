package datasets

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"r2unet/datasets/cache"
	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

// Dataset is an opened dataset. Its methods may be called from several goroutines.
type Dataset struct {
	Name    string
	Phantom bool // the images are drawn, not measured

	config      Config // with defaults filled in
	description *Description
	copy        *Copy
	seed        uint64
	folds       []*Fold
	store       *cache.Store
	images      map[string]*imageFiles // by ID

	memory    cache.Memory
	loading   singleflight.Group
	preparing sync.Mutex          // one fold at a time
	decoding  *semaphore.Weighted // pixels being decoded
	noting    sync.Mutex
	warnings  []string  // behind noting
	fields    []field   // doubtful ones, behind noting
	unkept    sync.Once // the cache's first failure is noted

	mu          sync.Mutex
	labels      map[string]LabelFacts  // by ID, of prepared images
	transparent map[string]bool        // likewise
	types       map[string]raster.Type // likewise, of the image's samples
	faults      map[string]string      // by ID, see CTFault
}

// imageFiles is an entry with what its files' headers say.
type imageFiles struct {
	files.Entry
	image, label, mask cache.File // mask is zero where there is none
}

// phantomSeed draws every phantom: a run's seed changes how networks are trained, not what the data are.
const phantomSeed = 2018

// maxDecoding bounds the images decoded at the same time, px, at about 20 bytes each; a larger image is decoded alone.
const maxDecoding = 24 << 20

// Open finds a dataset below the data folder root, checks that its files fit together (pairs, sizes in the headers, a
// patch not larger than an image) and makes its splits. Where the dataset is missing, or root is "", its phantom is
// drawn into the cache folder, and it is an error if it has none. A broken copy is an error that names the file, and
// never becomes a phantom. Drawing stops when the context ends.
func Open(ctx context.Context, c Config, root string, seed uint64) (*Dataset, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("dataset %s: %w", c.Name, err)
	}
	d, err := c.Describe()
	if err != nil {
		return nil, err
	}
	c = c.withDefaults(d)
	found, err := d.Locate(root, c.Folder)
	if err != nil {
		return nil, err
	}
	ds := newDataset(d, c, found, seed)
	if ds.Phantom && d.Phantom == nil {
		return nil, d.notThere(root, found)
	}
	if ds.Phantom {
		for _, hint := range found.Hints {
			ds.warn("not in the data folder; %s", hint)
		}
		if ds.copy, err = ds.drawPhantom(ctx); err != nil {
			return nil, err
		}
	}
	if err := ds.settle(func() error { return ds.examine(ctx) }); err != nil {
		return nil, err
	}
	return ds, nil
}

func newDataset(d *Description, c Config, found *Copy, seed uint64) *Dataset {
	return &Dataset{
		Name: d.Name, Phantom: found.Missing(),
		config: c, description: d, copy: found, seed: seed,
		store:       cache.Open(c.Cache),
		images:      map[string]*imageFiles{},
		labels:      map[string]LabelFacts{},
		transparent: map[string]bool{},
		types:       map[string]raster.Type{},
		faults:      map[string]string{},
		decoding:    semaphore.NewWeighted(maxDecoding),
	}
}

// Patients returns the patient of each of some images; nil where no two images of the dataset are known to be of one.
func (ds *Dataset) Patients(ids []string) map[string]string {
	images := map[string]int{}
	shared := false
	for _, f := range ds.images {
		images[f.Subject]++
		shared = shared || images[f.Subject] > 1
	}
	if !shared {
		return nil
	}
	patients := make(map[string]string, len(ids))
	for _, id := range ids {
		patients[id] = ds.images[id].Subject
	}
	return patients
}

// examine reads the headers of all files and checks that they go together.
func (ds *Dataset) examine(ctx context.Context) error {
	list := make([]*imageFiles, len(ds.copy.Entries))
	progress := ds.tally("checking", len(list))
	err := inOrder(ctx, len(list), func(_ context.Context, i int) error {
		defer progress.add()
		list[i] = &imageFiles{Entry: ds.copy.Entries[i]}
		return ds.examineOne(list[i])
	})
	if saveErr := ds.store.SaveHashes(); saveErr != nil {
		// a matter of this machine: no record has it
		ds.note("%s: the cache folder cannot be written: %v; files are hashed anew each time", ds.Name, saveErr)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", ds.Name, err)
	}
	for _, f := range list {
		ds.images[f.ID] = f
	}
	ds.warnOfTurns()
	return nil
}

// examineOne reads the headers of an image, its label and its mask.
func (ds *Dataset) examineOne(f *imageFiles) error {
	for _, file := range []struct {
		path string
		to   *cache.File
	}{{f.Image, &f.image}, {ds.labelPath(f.Entry), &f.label}, {f.FOV, &f.mask}} {
		if file.path == "" {
			continue
		}
		var err error
		if *file.to, err = ds.store.Examine(ds.path(file.path)); err != nil {
			return err
		}
		if file.to.Width != f.image.Width || file.to.Height != f.image.Height {
			return fmt.Errorf("%s is %d×%d px, but its image %s is %d×%d px%s",
				ds.path(file.path), file.to.Width, file.to.Height,
				ds.path(f.Image), f.image.Width, f.image.Height, files.Turned(f.image.Orientation))
		}
	}
	return ds.checkSize(f)
}

// checkSize makes sure that the image is as large as the configuration needs it.
func (ds *Dataset) checkSize(f *imageFiles) error {
	if crop := ds.crop(); f.image.Height < crop.Last {
		return fmt.Errorf("crop = %q keeps the rows %d–%d, but %s has only %d",
			crop.Name, crop.First, crop.Last, ds.path(f.Image), f.image.Height)
	}
	if width, height := ds.size(f); ds.config.Patch > min(width, height) {
		return fmt.Errorf("patch = %d: is larger than the image %s, which is %d×%d px: take at most %d",
			ds.config.Patch, ds.path(f.Image), width, height, min(width, height))
	}
	return nil
}

// Size is the width and height of an image after cropping and resizing, px, from its header alone.
func (ds *Dataset) Size(id string) (width, height int, err error) {
	f := ds.images[id]
	if f == nil {
		return 0, 0, fmt.Errorf("%s: there is no labelled image %q", ds.Name, id)
	}
	width, height = ds.size(f)
	return width, height, nil
}

// size is the width and height of an image after cropping and resizing.
func (ds *Dataset) size(f *imageFiles) (width, height int) {
	crop := ds.crop()
	switch {
	case ds.config.Size.Set():
		return ds.config.Size.Width, ds.config.Size.Height
	case crop.Last > 0:
		return f.image.Width, crop.Last - crop.First + 1
	}
	return f.image.Width, f.image.Height
}

// crop is the configured one; zero for whole images.
func (ds *Dataset) crop() Crop { return ds.description.crop(ds.config.Crop) }

func (ds *Dataset) path(file string) string {
	return filepath.Join(ds.copy.Dir, filepath.FromSlash(file))
}

// labelPath is the label of the configured observer. A training part that the second observer did not label keeps the
// first's.
func (ds *Dataset) labelPath(e files.Entry) string {
	if ds.config.Observer == 2 && (e.Second != "" || e.Part != "train") {
		return e.Second
	}
	return e.Label
}

// Channels is the number of channels of an image: 1 for grey and green, 3 for rgb.
func (ds *Dataset) Channels() int { return ds.config.Channels() }

// Classes are those of the labels; none where they have a structure and its background.
func (ds *Dataset) Classes() Classes { return ds.config.Classes }

// Folds is the number of folds of the configured protocol, 1 where there is a single split.
func (ds *Dataset) Folds() int { return len(ds.folds) }

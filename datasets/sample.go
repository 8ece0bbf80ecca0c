package datasets

import (
	"context"
	"fmt"
	"math"

	"r2unet/datasets/cache"
	"r2unet/datasets/files"
	"r2unet/datasets/fov"
	"r2unet/datasets/preprocess"
	"r2unet/datasets/raster"
)

// Sample is a whole image, ready to be segmented and measured. Truth and FOV are shared between calls and must not be
// written to.
type Sample struct {
	ID, Subject             string
	Width, Height, Channels int
	Image                   []float32 // [C, H, W], normalized as in training
	Truth                   []uint8   // zeros and ones, or classes, [H, W]; NoClass = counts nowhere
	FOV                     []uint8   // zeros and ones, [H, W]; nil = everywhere
	FOVSource               string    // "file", "generated" or "" where FOV is nil
	// why the picture is not of the kind that the network was trained on; "" of a dataset's images
	Doubt string
}

// Load gives a whole image, normalized as in the fold that tests on it, or in fold 0 if none does.
func (ds *Dataset) Load(ctx context.Context, id string) (*Sample, error) {
	return ds.testing(id).Load(ctx, id)
}

func newSample(p *cache.Sample, n Normalization) *Sample {
	s := &Sample{
		Width: p.Width, Height: p.Height, Channels: p.Channels,
		Image: make([]float32, len(p.Pixels)), Truth: p.Truth, FOV: p.FOV, FOVSource: p.FOVSource,
	}
	for i, v := range p.Pixels {
		s.Image[i] = float32(v) * (1.0 / fullScale)
	}
	n.apply(s.Image)
	return s
}

// fullScale stands for an intensity of 1 in prepared samples.
const fullScale = math.MaxUint16

// prepared gives an image as it is before normalization: from memory, from the cache folder, or from its files.
func (ds *Dataset) prepared(ctx context.Context, id string) (*cache.Sample, error) {
	f := ds.images[id]
	if f == nil {
		return nil, fmt.Errorf("%s: there is no labelled image %q", ds.Name, id)
	}
	if s := ds.memory.Get(id); s != nil {
		return s, nil
	}
	v, err, _ := ds.loading.Do(id, func() (any, error) {
		parts := []string{f.image.SHA256, f.label.SHA256, f.mask.SHA256, ds.recipe().name(), ds.config.Crop}
		if t := ds.config.LabelThreshold; t > 0 {
			parts = append(parts, fmt.Sprintf("label-threshold %g", t))
		}
		if classes := ds.config.classKey(); classes != "" {
			parts = append(parts, classes)
		}
		if ds.description.Photograph {
			parts = append(parts, fmt.Sprintf("fov %d", fov.Version))
		}
		key := cache.Key(parts...)
		s := ds.store.Get(key)
		if s == nil {
			var err error
			if s, err = ds.build(ctx, f, ds.config.Size); err != nil {
				return nil, fmt.Errorf("%s: %w", ds.Name, err)
			}
			if err := ds.store.Put(key, s); err != nil { // which costs time, not results
				ds.unkept.Do(func() {
					ds.note("%s: prepared images cannot be kept: %v; they are decoded anew each time", ds.Name, err)
				})
			}
		}
		ds.learn(f, s)
		ds.judgeField(id, s)
		ds.memory.Put(id, s)
		return s, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*cache.Sample), nil
}

// learn keeps what a prepared image says about its label, its alpha and its samples.
func (ds *Dataset) learn(f *imageFiles, s *cache.Sample) {
	facts := LabelFacts{File: ds.labelPath(f.Entry), Background: s.Background, Foreground: s.Foreground}
	facts.Count(s.Truth, s.Width)
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.labels[f.ID] = facts
	ds.transparent[f.ID], ds.types[f.ID] = s.Transparent, s.Type
}

// build decodes an image with its label and mask and preprocesses them for a size.
func (ds *Dataset) build(ctx context.Context, f *imageFiles, size Size) (*cache.Sample, error) {
	pixels := min(int64(f.image.Width)*int64(f.image.Height), maxDecoding)
	if err := ds.decoding.Acquire(ctx, pixels); err != nil {
		return nil, err
	}
	defer ds.decoding.Release(pixels)
	path := ds.path(f.Image)
	data, err := ds.unchanged(path, f.image)
	if err != nil {
		return nil, err
	}
	picture, err := files.Decode(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", path, err)
	}
	if ds.description.CT && !ds.description.AnyValues {
		ds.keepFault(f, picture)
	}
	recipe := ds.recipe()
	recipe.Size = size
	if ds.description.folder != nil && !recipe.CT && picture.FullScale() == 0 {
		return nil, fmt.Errorf("read %s: %v samples have no value for white: set window to the values that become 0 "+
			"and 1", path, picture.Type)
	}
	planes, err := recipe.planes(picture)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	s := &cache.Sample{Transparent: picture.Alpha != nil, Type: picture.Type}
	label, err := ds.label(ctx, ds.labelPath(f.Entry), f.label)
	if err != nil {
		return nil, err
	}
	s.Truth, s.Background, s.Foreground = label.Mask, label.Background, label.Foreground
	if err := ds.addField(ctx, s, f, picture); err != nil {
		return nil, err
	}
	if crop := ds.crop(); crop.Last > 0 {
		planes = planes.CropRows(crop.First-1, crop.Last-1)
		rows := func(m []uint8) []uint8 { return m[(crop.First-1)*picture.Width : crop.Last*picture.Width] }
		s.Truth = rows(s.Truth)
		if s.FOV != nil {
			s.FOV = rows(s.FOV)
		}
	}
	if size.Set() {
		if len(ds.config.Classes) > 0 {
			s.Truth = preprocess.ResizeClasses(s.Truth, planes.Width, planes.Height, size.Width, size.Height)
		} else {
			s.Truth = preprocess.ResizeMask(s.Truth, planes.Width, planes.Height, size.Width, size.Height)
		}
		if s.FOV != nil {
			s.FOV = preprocess.ResizeMask(s.FOV, planes.Width, planes.Height, size.Width, size.Height)
		}
	}
	recipe.finish(planes, s)
	return s, nil
}

// unchanged reads a file and makes sure that it still is the one that Open has seen.
func (ds *Dataset) unchanged(path string, f cache.File) ([]byte, error) {
	data, err := files.Bytes(path)
	if err != nil {
		return nil, err
	}
	if cache.Sum(data) != f.SHA256 {
		return nil, fmt.Errorf("%s has changed since the run began; start it again", path)
	}
	return data, nil
}

// label reads a label as zeros and ones, or as classes.
func (ds *Dataset) label(ctx context.Context, file string, f cache.File) (*raster.Label, error) {
	return ds.readLabel(ctx, file, f, ds.config)
}

// mask reads a mask of zeros and ones, however labels are read.
func (ds *Dataset) mask(ctx context.Context, file string, f cache.File) (*raster.Label, error) {
	return ds.readLabel(ctx, file, f, Config{LabelThreshold: ds.config.LabelThreshold})
}

func (ds *Dataset) readLabel(ctx context.Context, file string, f cache.File, c Config) (*raster.Label, error) {
	path := ds.path(file)
	data, err := ds.unchanged(path, f)
	if err != nil {
		return nil, err
	}
	m, err := files.Decode(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", path, err)
	}
	label, err := c.ReadLabel(m)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return label, nil
}

// ReadLabel reads a label as the configuration says: as zeros and ones, or as classes.
func (c Config) ReadLabel(m *raster.Image) (*raster.Label, error) {
	if len(c.Classes) == 0 {
		return m.Label(c.LabelThreshold)
	}
	classes, err := c.classesOf(m)
	if err != nil {
		return nil, err
	}
	return &raster.Label{Mask: classes}, nil
}

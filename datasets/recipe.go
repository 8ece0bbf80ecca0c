package datasets

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"r2unet/datasets/cache"
	"r2unet/datasets/files"
	"r2unet/datasets/fov"
	"r2unet/datasets/preprocess"
	"r2unet/datasets/raster"
)

// Recipe is how an image becomes network input: what has to be kept with a trained network, so that it sees any other
// image as it saw its training images. It is plain JSON.
type Recipe struct {
	Photograph bool `json:"photograph"`           // a fundus photograph: its field of view is found
	CT         bool `json:"ct"`                   // CT numbers, windowed
	Grey       bool `json:"grey,omitempty"`       // images that are grey by nature, and no CT numbers
	AnyValues  bool `json:"any_values,omitempty"` // with CT: other values than CT numbers, windowed
	// EveryType says that pictures of 8 bits are windowed too; CT slices of 8 bits have been windowed already, and
	// earlier versions took all for such.
	EveryType     bool          `json:"every_type,omitempty"`
	Input         string        `json:"input"`
	Window        [2]float64    `json:"window"`
	Size          Size          `json:"size"`
	Gamma         float64       `json:"gamma"`
	CLAHE         float64       `json:"clahe"`
	Normalize     string        `json:"normalize"`
	Normalization Normalization `json:"normalization"` // of the fold's training images
}

// Recipe is the preparation of images in the fold.
func (f *Fold) Recipe(ctx context.Context) (Recipe, error) {
	r := f.Dataset.recipe()
	var err error
	r.Normalization, err = f.Normalization(ctx)
	return r, err
}

func (ds *Dataset) recipe() Recipe {
	c := ds.config
	return Recipe{
		Photograph: ds.description.Photograph, CT: ds.description.CT, Grey: ds.description.Grey,
		AnyValues: ds.description.CT && ds.description.AnyValues,
		EveryType: ds.description.CT && ds.description.AnyValues,
		Input:     c.Input, Window: c.Window, Size: c.Size, Gamma: c.Gamma, CLAHE: c.CLAHE, Normalize: c.Normalize,
	}
}

// channels is the number of channels of the network's input.
func (r Recipe) channels() int {
	if r.Input == "rgb" && !r.CT {
		return 3
	}
	return 1
}

// checkContrast reports the first of the settings of contrast that cannot be, by its key.
func checkContrast(clahe, gamma float64) error {
	switch {
	case clahe != 0 && !(clahe >= 1 && clahe <= 40):
		return fmt.Errorf("clahe = %g: must be 0 (off) or a clip limit from 1 to 40", clahe)
	case gamma != 0 && !(gamma >= 0.1 && gamma <= 10):
		return fmt.Errorf("gamma = %g: must be 0 (off) or from 0.1 to 10", gamma)
	}
	return nil
}

// Check tells the first value that no dataset's preparation has: a recipe may come with a stranger's checkpoint. The
// error names it as it is called in JSON.
func (r Recipe) Check() error {
	n, low, high := r.Normalization, r.Window[0], r.Window[1]
	switch {
	case !slices.Contains([]string{"grey", "green", "rgb"}, r.Input):
		return fmt.Errorf(`recipe: input = %q: must be "grey", "green" or "rgb"`, r.Input)
	case r.CT && !(low < high && high-low < math.Inf(1)):
		return fmt.Errorf("recipe: window = [%g, %g]: must be two CT numbers, the smaller first", low, high)
	case r.Size.check() != nil:
		return fmt.Errorf("recipe: %w", r.Size.check())
	case checkContrast(r.CLAHE, r.Gamma) != nil:
		return fmt.Errorf("recipe: %w", checkContrast(r.CLAHE, r.Gamma))
	case len(n.Mean) != r.channels() || len(n.Deviation) != r.channels():
		return fmt.Errorf("recipe: normalization has %d means and %d deviations: input = %q needs %d of each",
			len(n.Mean), len(n.Deviation), r.Input, r.channels())
	}
	for c := range n.Mean {
		if !(n.Mean[c] >= 0 && n.Mean[c] <= 1) || !(n.Deviation[c] >= leastDeviation && n.Deviation[c] <= 1) {
			return fmt.Errorf("recipe: normalization has mean %g and deviation %g: of intensities of 0..1 the mean "+
				"lies there too, and the deviation from %g to 1", n.Mean[c], n.Deviation[c], leastDeviation)
		}
	}
	return nil
}

// name identifies what an image is before normalization. The number in front changes when the same settings give
// other pixels.
func (r Recipe) name() string {
	name := fmt.Sprintf("2 %t %t %s %g %v %g %g", r.Photograph, r.CT, r.Input, r.Window, r.Size, r.Gamma, r.CLAHE)
	if r.EveryType {
		name += " every type"
	}
	return name
}

// Read prepares the image in a file of a format that is read, see files.Decode. An error names the file.
func (r Recipe) Read(ctx context.Context, path string) (*Sample, error) {
	picture, err := files.Picture(ctx, path)
	if err != nil {
		return nil, err
	}
	s, err := r.Prepare(picture)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return s, nil
}

// Prepare prepares an image that has no label. The sample's Truth is nil. Errors are those of Check and of a picture
// that is none for this recipe, such as a photograph of signed samples.
func (r Recipe) Prepare(picture *raster.Image) (*Sample, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	planes, err := r.planes(picture)
	if err != nil {
		return nil, err
	}
	p := &cache.Sample{}
	if r.Photograph {
		p.FOV, p.FOVSource = fov.Generate(picture), "generated"
		if r.Size.Set() {
			p.FOV = preprocess.ResizeMask(p.FOV, picture.Width, picture.Height, r.Size.Width, r.Size.Height)
		}
	}
	r.finish(planes, p)
	s := newSample(p, r.normalizer(p))
	s.Doubt = cmp.Or(r.doubt(picture), r.exposure(p, picture.Type))
	return s, nil
}

// Resizing passes over the longer side of the picture times the size that the network sees. Where that is large and
// many times the picture, which is then a line of a few bytes packed, the picture is refused.
const (
	mostResized  = 1 << 24 // px
	mostResizing = 4       // times the picture's own pixels
)

// planes takes the input's channels as intensities of 0..1. A picture too narrow to be resized is an error.
func (r Recipe) planes(m *raster.Image) (*preprocess.Planes, error) {
	side := max(r.Size.Width, r.Size.Height)
	if work := int64(side) * int64(max(m.Width, m.Height)); work > mostResized &&
		work > mostResizing*int64(m.Width)*int64(m.Height) {
		return nil, fmt.Errorf("a picture of %d×%d px is too narrow to be resized to the %d×%d px that the network "+
			"sees; cut it into pieces", m.Width, m.Height, r.Size.Width, r.Size.Height)
	}
	if r.CT {
		if m.Type == raster.Uint8 && !r.EveryType {
			return preprocess.FromCT(m, 0, 255)
		}
		return preprocess.FromCT(m, r.Window[0], r.Window[1])
	}
	return preprocess.FromPhotograph(m, r.Input)
}

// finish resizes and equalizes planes and puts them into a prepared sample.
func (r Recipe) finish(planes *preprocess.Planes, s *cache.Sample) {
	if r.Size.Set() {
		planes = planes.Resize(r.Size.Width, r.Size.Height)
	}
	if r.Gamma > 0 {
		planes.Gamma(r.Gamma)
	}
	if r.CLAHE > 0 {
		planes.CLAHE(r.CLAHE)
	}
	s.Width, s.Height, s.Channels = planes.Width, planes.Height, planes.Channels
	s.Pixels = make([]uint16, len(planes.Pixels))
	for i, v := range planes.Pixels {
		s.Pixels[i] = uint16(min(max(v, 0), 1)*fullScale + 0.5)
	}
	s.Measure()
}

// normalizer is the normalization of one image.
func (r Recipe) normalizer(s *cache.Sample) Normalization {
	if r.Normalize != "image" {
		return r.Normalization
	}
	sums, squares := make([]float64, s.Channels), make([]float64, s.Channels)
	for c := range sums {
		sums[c], squares[c] = float64(s.Sums[c]), float64(s.Squares[c])
	}
	return moments(sums, squares, float64(s.Width*s.Height))
}

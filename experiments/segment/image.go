package segment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/datasets/preprocess"
	"r2unet/datasets/raster"
	"r2unet/evaluate"
	"r2unet/experiments/assess"
)

// doneBefore is the reason for not computing an image again.
const doneBefore = "done before"

// segment segments one image unless it was done before; why says so, or why it was done again.
func (s *segmenter) segment(ctx context.Context, path string) (why string, err error) {
	if why := s.broken[path]; why != "" {
		return "", errors.New(why)
	}
	data, err := files.Bytes(filepath.Join(s.root, filepath.FromSlash(path)))
	if err != nil {
		return "", err
	}
	now := s.mark(data)
	pages, err := files.Pages(data)
	if err != nil {
		return "", fmt.Errorf("decode %s: %w", path, err)
	}
	if pages == 1 {
		return s.page(ctx, path, s.names[path], data, 0, now)
	}
	return s.allPages(ctx, path, data, pages, now)
}

// mark returns what identifies the results of a file's only picture.
func (s *segmenter) mark(data []byte) mark {
	m := mark{
		Image: hash(data), Network: s.trained.Hash, Threshold: s.Threshold, Stride: s.Stride,
		Device: s.device.Arithmetic(), Code: s.Code,
	}
	if s.Stride > 0 {
		m.Patch = s.Patch
	}
	return m
}

// allPages segments each page of a file. A broken page does not prevent the others.
func (s *segmenter) allPages(
	ctx context.Context, path string, data []byte, pages int, now mark,
) (why string, err error) {
	why = doneBefore
	var failures []error
	for page := range pages {
		now.Page, now.Pages, now.Doubts = page+1, pages, nil
		about, err := s.page(ctx, path, fmt.Sprintf("%s_page%d", s.names[path], page+1), data, page, now)
		switch {
		case ctx.Err() != nil || diskFailed(err):
			return "", err
		case err != nil:
			failures = append(failures, fmt.Errorf("page %d of %d: %w", page+1, pages, err))
		case about != doneBefore:
			why = about
		}
	}
	return why, errors.Join(failures...)
}

// page segments one picture of a file, counted from 0.
func (s *segmenter) page(
	ctx context.Context, path, name string, data []byte, page int, now mark,
) (why string, err error) {
	place := realPath(filepath.Join(s.Out, name))
	if other, taken := s.written[place]; taken {
		return "", fmt.Errorf("its results would replace those of %s", other)
	}
	s.written[place] = path
	if err := s.fits(name); err != nil {
		return "", err
	}
	done, why, found, err := s.done(name, now)
	if err != nil {
		return "", err
	}
	if done {
		s.doubt(path, found.Doubts)
		return doneBefore, nil
	}
	drawn, err := await(ctx, func() ([][]byte, error) {
		r, err := s.compute(ctx, path, data, page)
		if err != nil {
			return nil, err
		}
		now.Doubts = r.doubts
		return r.draw(now)
	})
	if err != nil {
		return "", err
	}
	if err := s.write(name, drawn); err != nil {
		return "", err
	}
	s.doubt(path, now.Doubts)
	return why, nil
}

// doubt records the warnings about a finished picture.
func (s *segmenter) doubt(path string, doubts []string) {
	s.pictures++
	s.doubts.add(path, doubts)
}

// input is a picture as the network sees it.
type input struct {
	*datasets.Sample
	width, height int // of the picture itself and of its results, px; the network may see a resized one
}

// unreadable is the error of a file that cannot be decoded, or not be prepared for the network.
type unreadable struct {
	path string
	err  error
}

func (u *unreadable) Error() string { return fmt.Sprintf("read %s: %v", u.path, u.err) }

func (u *unreadable) Unwrap() error { return u.err }

// compute decodes, prepares and segments one picture of a file's content, counted from 0. Errors of decoding name path.
func (s *segmenter) compute(ctx context.Context, path string, data []byte, page int) (prediction, error) {
	picture, err := files.DecodePage(ctx, data, page)
	if err != nil {
		return prediction{}, &unreadable{path, err}
	}
	sample, err := s.trained.Recipe.Prepare(picture)
	if err != nil {
		return prediction{}, &unreadable{path, err}
	}
	probabilities, err := s.predict(ctx, sample)
	if err != nil {
		return prediction{}, err
	}
	r := s.finish(probabilities, input{sample, picture.Width, picture.Height})
	r.picture = picture
	if sample.Doubt != "" {
		r.doubts = append(r.doubts, sample.Doubt)
	}
	r.doubts = append(r.doubts, doubtsOfMask(r.mask, r.fov)...)
	return r, nil
}

// predict returns the probabilities of a sample, [K, H, W], in the sample's size.
func (s *segmenter) predict(ctx context.Context, sample *datasets.Sample) (probabilities []float32, err error) {
	probabilities = make([]float32, s.net.Config().Outputs()*sample.Width*sample.Height)
	if s.Stride > 0 {
		windows := assess.Windows{Side: s.Patch, Stride: s.Stride, Batch: 32}
		err = windows.Predict(ctx, s.net, probabilities, assess.Batch(sample))
	} else {
		err = s.net.Predict(ctx, probabilities, assess.Batch(sample))
	}
	if err != nil {
		return nil, err
	}
	for i, p := range probabilities {
		if !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("the network gives the probability %g at column %d, row %d: its checkpoint is of "+
				"no use for this image", p, i%sample.Width, i/sample.Width%sample.Height)
		}
	}
	return probabilities, nil
}

// prediction is what is drawn for a picture, in the picture's size.
type prediction struct {
	picture       *raster.Image
	probabilities []float32 // [K, H, W]
	mask, fov     []uint8   // the mask holds zeros and ones, or classes
	width, height int
	classes       datasets.Classes // nil if there is one
	doubts        []string         // warnings about it, see doubts.go
}

// finish resizes probabilities to the picture's size and applies the threshold, or takes the most probable class.
func (s *segmenter) finish(probabilities []float32, in input) prediction {
	r := prediction{probabilities: probabilities, fov: in.FOV, width: in.width, height: in.height}
	if s.trained.Recipe.Size.Set() {
		r.probabilities = datasets.ResizeBack(probabilities, datasets.Size{Width: in.Width, Height: in.Height},
			datasets.Size{Width: r.width, Height: r.height})
		if r.fov != nil {
			r.fov = preprocess.ResizeMask(r.fov, in.Width, in.Height, r.width, r.height)
		}
	}
	if s.several() {
		r.classes = s.trained.Config.Dataset.Classes
		r.mask = evaluate.MostProbable(r.probabilities, r.width*r.height)
		for i := range r.mask {
			if r.fov != nil && r.fov[i] == 0 {
				r.mask[i] = 0
			}
		}
		return r
	}
	evaluate.Calibrate(r.probabilities, s.trained.Chosen.Temperature)
	r.mask = make([]uint8, len(r.probabilities))
	for i, p := range r.probabilities {
		if float64(p) >= s.Threshold && (r.fov == nil || r.fov[i] != 0) {
			r.mask[i] = 1
		}
	}
	return r
}

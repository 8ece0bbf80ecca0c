package segment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"r2unet/datasets/files"
)

// doneBefore is the reason for not computing an image again.
const doneBefore = "done before"

// bytes reads an image's file.
func (s *segmenter) bytes(path string) ([]byte, error) {
	if why := s.broken[path]; why != "" {
		return nil, errors.New(why)
	}
	return files.Bytes(filepath.Join(s.root, filepath.FromSlash(path)))
}

// claim reserves the place of a picture's results, before the network computes.
func (s *segmenter) claim(path, name string) error {
	place := realPath(filepath.Join(s.Out, name))
	if other, taken := s.written[place]; taken {
		return fmt.Errorf("its results would replace those of %s", other)
	}
	s.written[place] = path
	return s.fits(name)
}

// work segments one picture of a file unless it was done before. It may run for several pictures at once.
func (s *segmenter) work(ctx context.Context, path string, j *job) outcome {
	if j.err != nil {
		return outcome{err: j.err}
	}
	spacing := s.spacing(j.data)
	done, why, found, err := s.done(j.name, j.made)
	switch {
	case err != nil:
		return outcome{err: err}
	case done:
		areas, err := s.areasOf(j.name, found, spacing)
		return outcome{why: doneBefore, made: found, areas: areas, err: err}
	}
	out, err := await(ctx, func() (outcome, error) {
		p, err := s.compute(ctx, path, j.data, j.page)
		if err != nil {
			return outcome{}, err
		}
		made := j.made
		made.Doubts = p.Doubts
		if s.Areas {
			made.Inside = p.inside()
		}
		drawn, err := s.draw(p, made)
		return outcome{why: why, drawn: drawn, made: made, areas: s.measure(p, spacing)}, err
	})
	if err != nil {
		return outcome{err: err}
	}
	return out
}

// unreadable is the error of a picture that cannot be decoded or prepared.
type unreadable struct{ error }

func (u *unreadable) Unwrap() error { return u.error }

// compute decodes, prepares and segments one picture of a file's content, counted from 0. Errors of decoding name path.
// Networks compute for one caller after the other.
func (s *segmenter) compute(ctx context.Context, path string, data []byte, page int) (*Prediction, error) {
	picture, err := files.DecodePage(ctx, data, page)
	if err != nil {
		return nil, &unreadable{fmt.Errorf("read %s: %w", path, err)}
	}
	inputs, err := s.ensemble.prepare(picture)
	if err != nil {
		return nil, &unreadable{fmt.Errorf("read %s: %w", path, err)}
	}
	maps, err := func() ([][]float32, error) {
		s.turn.Lock()
		defer s.turn.Unlock()
		return s.ensemble.predict(ctx, inputs)
	}()
	if err != nil {
		return nil, err
	}
	return s.ensemble.finish(picture, inputs, maps), nil
}

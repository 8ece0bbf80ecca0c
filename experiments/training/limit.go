package training

import "r2unet/datasets"

// limited is the first samples of a source.
type limited struct {
	datasets.Source
	samples int
}

func (l limited) Len() int { return l.samples }

// Limit shortens a source to at most n samples; 0 leaves it as it is.
func Limit(s datasets.Source, n int) datasets.Source {
	if n == 0 || n >= s.Len() {
		return s
	}
	return limited{s, n}
}

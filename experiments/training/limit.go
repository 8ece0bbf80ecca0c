package training

import "r2unet/datasets"

// limited is a source cut to its first samples.
type limited struct {
	datasets.Source
	samples int
}

func (l limited) Len() int { return l.samples }

// Limit returns a source with at most the first n samples of s; 0 means all.
func Limit(s datasets.Source, n int) datasets.Source {
	if n == 0 || n >= s.Len() {
		return s
	}
	return limited{s, n}
}

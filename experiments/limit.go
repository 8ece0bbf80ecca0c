package experiments

import "r2unet/datasets"

// limited is the first samples of a source.
type limited struct {
	datasets.Source
	samples int
}

func (l limited) Len() int { return l.samples }

// limit shortens a source to at most n samples; 0 leaves it as it is.
func limit(s datasets.Source, n int) datasets.Source {
	if n == 0 || n >= s.Len() {
		return s
	}
	return limited{s, n}
}

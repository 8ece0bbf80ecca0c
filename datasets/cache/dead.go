package cache

import (
	"path/filepath"

	"r2unet/internal/durable"
)

// unfinished begins the names of files that are still being written; the mark of the writing process follows.
const unfinished = ".new-"

// removeDead removes files that processes left when they died while writing.
func (s *Store) removeDead() {
	for _, below := range []string{"", "samples/*/"} {
		left, _ := filepath.Glob(filepath.Join(s.dir, filepath.FromSlash(below), unfinished+"*"))
		durable.Self().RemoveAbandoned(unfinished, left)
	}
}

package cache

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"r2unet/internal/durable"
)

// unfinished is the prefix of files that are still being written; the ID of the writing process follows it.
const unfinished = ".new-"

// begun is the start of this process. An older file with our process ID was left by a dead process that had the same
// ID, as happens in containers.
var begun = time.Now()

// removeDead removes files that processes left when they died while writing. The file of a live process on another
// machine may be removed too; that process then prepares its image once more.
func (s *Store) removeDead() {
	for _, below := range []string{"", "samples/*/"} {
		left, _ := filepath.Glob(filepath.Join(s.dir, filepath.FromSlash(below), unfinished+"*"))
		for _, path := range left {
			number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), unfinished), "-")
			pid, err := strconv.Atoi(number)
			info, statErr := os.Stat(path)
			if statErr != nil || err == nil && durable.Alive(pid) &&
				(pid != os.Getpid() || info.ModTime().After(begun)) {
				continue
			}
			_ = os.Remove(path) // the next Open tries again
		}
	}
}

package cache

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"r2unet/internal/durable"
)

// unfinished begins the names of files that are being written; the number of the process that does comes after it.
const unfinished = ".new-"

// begun is when this process began: an older file with its number is of a dead one that had the same number, as in containers.
var begun = time.Now()

// removeDead removes what processes have left that died while they wrote. A file of a living process on another machine may go, too: it
// then prepares an image once more.
func (s *Store) removeDead() {
	for _, below := range []string{"", "samples/*/"} {
		left, _ := filepath.Glob(filepath.Join(s.dir, filepath.FromSlash(below), unfinished+"*"))
		for _, path := range left {
			number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), unfinished), "-")
			pid, err := strconv.Atoi(number)
			info, statErr := os.Stat(path)
			if statErr != nil || err == nil && durable.Alive(pid) && (pid != os.Getpid() || info.ModTime().After(begun)) {
				continue
			}
			_ = os.Remove(path) // it is tried again the next time
		}
	}
}

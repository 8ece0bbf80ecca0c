package cache

import (
	"io/fs"
	"syscall"
)

// changed returns when the system last changed a file, in ns since 1970, or 0 if it does not say.
func changed(info fs.FileInfo) int64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ctim.Nano()
	}
	return 0
}

package cache

import (
	"io/fs"
	"syscall"
)

// changed is when the system last changed a file, ns since 1970; 0 where it does not say.
func changed(info fs.FileInfo) int64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ctimespec.Nano()
	}
	return 0
}

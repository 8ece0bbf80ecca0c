package cpu

import "golang.org/x/sys/unix"

// adviseLargePages asks the kernel to back the area with large pages. If it refuses, the area is only slower.
func adviseLargePages(area []byte) { _ = unix.Madvise(area, unix.MADV_HUGEPAGE) }

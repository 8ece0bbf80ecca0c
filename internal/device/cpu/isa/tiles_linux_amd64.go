package isa

import (
	"sync"

	"golang.org/x/sys/unix"
)

// tilesPermitted asks Linux for the registers of AMX, which a process may use only with permission (since 5.16), and
// reports whether it has it. The permission holds for all threads.
var tilesPermitted = sync.OnceValue(func() bool {
	const request, tileData = 0x1023, 18 // ARCH_REQ_XCOMP_PERM and XFEATURE_XTILEDATA of Linux
	_, _, failed := unix.RawSyscall(unix.SYS_ARCH_PRCTL, request, tileData, 0)
	return failed == 0
})

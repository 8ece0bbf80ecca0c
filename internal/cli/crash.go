package cli

import (
	"os"
	"runtime/debug"
)

// crash makes panics in any goroutine and fatal errors of the Go runtime (out of memory, concurrent map
// writes) end the process by SIGABRT, which shells report as 134. Go's own exit code for them is 2, which
// here means bad input. Recovering in main would catch neither panics of other goroutines nor fatal errors. A
// GOTRACEBACK set by the user is respected.
func crash() {
	if os.Getenv("GOTRACEBACK") != "" {
		return
	}
	leaveNoCore()
	debug.SetTraceback("crash")
}

package cli

import (
	"os"
	"runtime/debug"
)

// crash makes a panic in any goroutine, and what the Go runtime calls a fatal error (memory that the system refuses, concurrent map
// writes), end the process by SIGABRT, which a shell shows as 134: Go's own code for them is 2, which says here that the input is bad.
// Recovering in main would see neither the panics of other goroutines nor fatal errors. Whoever has set GOTRACEBACK is left alone.
func crash() {
	if os.Getenv("GOTRACEBACK") != "" {
		return
	}
	leaveNoCore()
	debug.SetTraceback("crash")
}

//go:build unix

package durable

import "syscall"

// systemFaults are the machine's failures that only this system has a number for.
var systemFaults = []error{syscall.EDQUOT}

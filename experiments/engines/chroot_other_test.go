//go:build !linux

package engines

import "syscall"

func chrootAs(string, uint32) *syscall.SysProcAttr { return nil }

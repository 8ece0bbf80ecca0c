//go:build !linux

package cpu

func adviseLargePages([]byte) {}

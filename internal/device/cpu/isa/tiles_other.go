//go:build !linux || !amd64

package isa

// tilesPermitted returns false: how to ask other systems for the registers of AMX is not known here.
func tilesPermitted() bool { return false }

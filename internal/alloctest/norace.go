//go:build !race

package alloctest

// counts reports whether the number of allocated bytes is meaningful.
const counts = true

//go:build race

package alloctest

// counts is false under the race detector, which makes pools drop their contents: programs then allocate several
// times as much.
const counts = false

//go:build race

package alloctest

// counts is false under the race detector, which makes pools drop what they hold: programs allocate several times as much then.
const counts = false

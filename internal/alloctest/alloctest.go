// Package alloctest measures what a call allocates, for tests of readers of untrusted files: whatever the input
// claims to contain, reading it may cost no more than a multiple of its size.
//
// It imports nothing of this module, so that the tests of every package may use it, including those of datasets and
// evaluate.
package alloctest

import (
	"runtime/metrics"
	"testing"
)

// slack, in bytes, is allowed on top of every limit: for buffers of fixed size, and for goroutines that run
// concurrently with the call.
const slack = 1 << 20

// AtMost runs call and fails the test if it allocates more than limit bytes plus a mebibyte. Memory that is released
// immediately counts too, so that a slice that grows to n bytes may count as 5n. What other goroutines allocate in the
// meantime counts as well, and the runtime adds up some allocations only later; therefore a call that exceeds the limit
// is repeated, and only one that exceeds it three times fails. Under the race detector the call is only run.
func AtMost(t testing.TB, limit int, call func()) {
	t.Helper()
	const attempts = 3
	var least uint64
	for attempt := range attempts {
		before := allocated()
		call()
		got := allocated() - before
		if !counts || got <= uint64(limit)+slack {
			return
		}
		if attempt == 0 || got < least {
			least = got
		}
	}
	t.Errorf("%d bytes were allocated, at most %d and a mebibyte are allowed", least, limit)
}

// allocated returns how many bytes this process has allocated on its heap since it started. Unlike
// runtime.ReadMemStats, it does not stop the world, which would halve a fuzzer's speed.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

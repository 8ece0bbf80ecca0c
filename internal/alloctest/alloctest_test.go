package alloctest

import "testing"

// counter is a test that counts its failures.
type counter struct {
	testing.TB
	failures int
}

func (c *counter) Helper()               {}
func (c *counter) Errorf(string, ...any) { c.failures++ }

var kept []byte

func skipUnderRace(t *testing.T) {
	if !counts {
		t.Skip("nothing is counted under the race detector")
	}
}

func TestAllocatingMoreThanTheLimitFails(t *testing.T) {
	skipUnderRace(t)
	for _, c := range []struct{ allocates, limit, failures int }{
		{slack / 2, 0, 0},
		{3 * slack, 0, 1},
		{5 * slack / 2, 2 * slack, 0},
		{9 * slack, 2 * slack, 1},
	} {
		test := &counter{}
		AtMost(test, c.limit, func() { kept = make([]byte, c.allocates) })
		if test.failures != c.failures {
			t.Errorf("%d bytes with a limit of %d: %d failures, want %d", c.allocates, c.limit,
				test.failures, c.failures)
		}
	}
}

func TestGarbageCountsToo(t *testing.T) {
	skipUnderRace(t)
	test := &counter{}
	AtMost(test, 0, func() {
		for range 1000 {
			kept = make([]byte, slack/100)
		}
	})
	if test.failures != 1 {
		t.Errorf("%d failures", test.failures)
	}
}

// TestACallThatOnceAllocatesMoreIsRepeated: what others allocate meanwhile is no failure, unless it is so three times.
func TestACallThatOnceAllocatesMoreIsRepeated(t *testing.T) {
	skipUnderRace(t)
	for _, c := range []struct{ large, calls, failures int }{{0, 1, 0}, {2, 3, 0}, {3, 3, 1}} {
		test, calls := &counter{}, 0
		AtMost(test, 0, func() {
			if calls++; calls <= c.large {
				kept = make([]byte, 3*slack)
			}
		})
		if test.failures != c.failures || calls != c.calls {
			t.Errorf("of %d large calls: %d failures in %d calls, want %d in %d", c.large, test.failures, calls,
				c.failures, c.calls)
		}
	}
}

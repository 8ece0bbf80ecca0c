package claims

import (
	"strings"
	"testing"

	"r2unet/evaluate"
)

// TestAChainIsAsStrongAsItsWeakestLink.
func TestAChainIsAsStrongAsItsWeakestLink(t *testing.T) {
	for _, c := range [][3]Verdict{
		{Holds, Holds, Holds},
		{Holds, CannotBeTold, CannotBeTold},
		{Holds, DoesNotHold, DoesNotHold},
		{CannotBeTold, CannotBeTold, CannotBeTold},
		{CannotBeTold, DoesNotHold, DoesNotHold},
		{DoesNotHold, DoesNotHold, DoesNotHold},
	} {
		if got, turned := weaker(c[0], c[1]), weaker(c[1], c[0]); got != c[2] || turned != c[2] {
			t.Errorf("%s and %s: %s and %s, want %s", c[0], c[1], got, turned, c[2])
		}
	}
}

// TestPairsShareSeedAndFold: runs of one seed on other folds were trained and tested on other images.
func TestPairsShareSeedAndFold(t *testing.T) {
	run := func(seed uint64, fold int) *Run { return &Run{Result: evaluate.Result{Seed: seed, Fold: fold}} }
	a := &network{runs: []*Run{run(2, 0), run(1, 1), run(1, 0), run(3, 0)}}
	b := &network{runs: []*Run{run(1, 0), run(1, 1), run(2, 1), run(2, 0)}}
	both, unpaired := pairs(a, b)
	if len(both) != 3 || unpaired != 2 {
		t.Fatalf("%d pairs, %d runs without", len(both), unpaired)
	}
	for i, want := range []*Run{run(1, 0), run(1, 1), run(2, 0)} {
		for _, got := range both[i] {
			if got.Result.Seed != want.Result.Seed || got.Result.Fold != want.Result.Fold {
				t.Errorf("pair %d has seed %d, fold %d", i, got.Result.Seed, got.Result.Fold)
			}
		}
	}
}

// TestTooFewUnitsAreSaidBeforeTheCorrection: of four units no test can be significant, corrected or not.
func TestTooFewUnitsAreSaidBeforeTheCorrection(t *testing.T) {
	one := &test{samples: []sample{{units: 4, trainings: 3, unit: "image"}}, family: 6}
	one.zero.Smallest = 0.125
	if v, why := one.verdict(); v != CannotBeTold || !strings.HasSuffix(why, "the smallest possible p is 0.12") {
		t.Errorf("%s: %s", v, why)
	}
	one.zero.Smallest = 0.01
	if v, why := one.verdict(); v != CannotBeTold || !strings.HasSuffix(why, "and 6 tests are corrected for") {
		t.Errorf("%s: %s", v, why)
	}
}

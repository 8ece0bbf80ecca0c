package isa

import (
	"slices"
	"strings"
	"testing"
)

// TestAvailableSetsEndWithTheBest and begin with Portable, which every processor has.
func TestAvailableSetsEndWithTheBest(t *testing.T) {
	sets := Available()
	if sets[0] != Portable || sets[len(sets)-1] != Best() || !slices.IsSorted(sets) {
		t.Errorf("%v, the best is %v", sets, Best())
	}
}

// TestChoose: the default is the best set, each available set can be named, and everything else is an error that
// lists the sets.
func TestChoose(t *testing.T) {
	t.Setenv(Variable, "")
	if s, err := Choose(); err != nil || s != Best() {
		t.Errorf("without a name: %v, %v", s, err)
	}
	for s := Portable; s <= AVX512; s++ {
		t.Setenv(Variable, s.String())
		got, err := Choose()
		if s <= Best() && (err != nil || got != s) {
			t.Errorf("%v: %v, %v", s, got, err)
		}
		if s > Best() && (err == nil || !strings.Contains(err.Error(), Best().String())) {
			t.Errorf("%v, which this processor lacks: %v, %v", s, got, err)
		}
	}
	for _, name := range []string{"AVX2", "sse", " avx2"} {
		t.Setenv(Variable, name)
		if s, err := Choose(); err == nil || !strings.Contains(err.Error(), "portable, avx2 or avx512") {
			t.Errorf("%q: %v, %v", name, s, err)
		}
	}
}

// TestNames checks the names that users write and run records contain.
func TestNames(t *testing.T) {
	if got := Portable.String() + AVX2.String() + AVX512.String(); got != "portableavx2avx512" {
		t.Error(got)
	}
}

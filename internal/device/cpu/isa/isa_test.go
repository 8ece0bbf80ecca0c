package isa

import (
	"fmt"
	"runtime"
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

// TestBestOfArm is NEON, which every arm64 processor has and no other.
func TestBestOfArm(t *testing.T) {
	if (Best() == NEON) != (runtime.GOARCH == "arm64") || slices.Contains(Available(), NEON) != (Best() == NEON) {
		t.Errorf("%s: %v, the best is %v", runtime.GOARCH, Available(), Best())
	}
}

// TestChoose: the default is the best set, each available set can be named, and everything else is an error that
// lists the sets.
func TestChoose(t *testing.T) {
	t.Setenv(Variable, "")
	if s, err := Choose(); err != nil || s != Best() {
		t.Errorf("without a name: %v, %v", s, err)
	}
	for s := range Set(len(names)) {
		t.Setenv(Variable, s.String())
		got, err := Choose()
		switch {
		case slices.Contains(Available(), s):
			if err != nil || got != s {
				t.Errorf("%v: %v, %v", s, got, err)
			}
		case err == nil || !strings.Contains(err.Error(), Best().String()):
			t.Errorf("%v, which this processor lacks: %v, %v", s, got, err)
		}
	}
	for _, name := range []string{"AVX2", "sse", " avx2"} {
		t.Setenv(Variable, name)
		if s, err := Choose(); err == nil || !strings.Contains(err.Error(), "portable, avx2, avx512, amx or neon") {
			t.Errorf("%q: %v, %v", name, s, err)
		}
	}
}

// TestNames checks the names that users write and run records contain.
func TestNames(t *testing.T) {
	if got := fmt.Sprint(Portable, AVX2, AVX512, AMX, NEON); got != "portable avx2 avx512 amx neon" {
		t.Error(got)
	}
}

// Package isa chooses the instruction set of the cpu device's kernels.
package isa

import (
	"fmt"
	"os"

	"golang.org/x/sys/cpu"
)

// Set is an instruction set for which there are kernels, from the slowest to the fastest.
type Set int

const (
	// Portable kernels are plain Go.
	Portable Set = iota
	// AVX2 kernels need AVX2 and FMA.
	AVX2
	// AVX512 kernels need AVX-512 F, VL, BW and DQ.
	AVX512
)

// Variable is the environment variable that names the set to use instead of the best: "portable", "avx2" or "avx512".
const Variable = "R2UNET_KERNELS"

var names = [...]string{"portable", "avx2", "avx512"}

// String returns the set's name in the form that Variable takes.
func (s Set) String() string { return names[s] }

// Best returns the fastest set that this processor supports.
func Best() Set {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ:
		return AVX512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return AVX2
	}
	return Portable
}

// Available returns the sets that this processor supports, Portable first.
func Available() []Set {
	var sets []Set
	for s := Portable; s <= Best(); s++ {
		sets = append(sets, s)
	}
	return sets
}

// Choose returns the set that Variable names, or the best one if it is not set. Unknown names and sets that this
// processor lacks are errors.
func Choose() (Set, error) {
	name := os.Getenv(Variable)
	if name == "" {
		return Best(), nil
	}
	for s, known := range names {
		if known != name {
			continue
		}
		if Set(s) > Best() {
			return 0, fmt.Errorf("%s=%s: this processor has %s at most", Variable, name, Best())
		}
		return Set(s), nil
	}
	return 0, fmt.Errorf("%s=%s: give portable, avx2 or avx512", Variable, name)
}

// Package isa chooses the instruction set of the cpu device's kernels.
package isa

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/cpu"
)

// Set is an instruction set for which there are kernels.
type Set int

const (
	// Portable kernels are plain Go.
	Portable Set = iota
	// AVX2 kernels need AVX2 and FMA.
	AVX2
	// AVX512 kernels need AVX-512 F, VL, BW and DQ.
	AVX512
	// AMX kernels are those of AVX512 except for products of bfloat16. They need AVX512_BF16, AMX-TILE, AMX-BF16,
	// and the system's permission.
	AMX
	// NEON kernels need Advanced SIMD, which every arm64 processor has.
	NEON
)

// Variable is the environment variable that names the set to use instead of the best: "portable", "avx2", "avx512",
// "amx" or "neon".
const Variable = "R2UNET_KERNELS"

var names = []string{"portable", "avx2", "avx512", "amx", "neon"}

// String returns the set's name in the form that Variable takes.
func (s Set) String() string { return names[s] }

// Available returns the sets that this processor supports, from the slowest, Portable, to the fastest.
func Available() []Set {
	sets := []Set{Portable}
	if runtime.GOARCH == "arm64" {
		sets = append(sets, NEON)
	}
	if x := &cpu.X86; x.HasAVX2 && x.HasFMA {
		sets = append(sets, AVX2)
		if x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ {
			sets = append(sets, AVX512)
			if x.HasAVX512BF16 && x.HasAMXTile && x.HasAMXBF16 && tilesPermitted() {
				sets = append(sets, AMX)
			}
		}
	}
	return sets
}

// Best returns the fastest set that this processor supports.
func Best() Set {
	sets := Available()
	return sets[len(sets)-1]
}

// Choose returns the set that Variable names, or the best one if it is not set. Unknown names and sets that this
// processor lacks are errors.
func Choose() (Set, error) {
	name := os.Getenv(Variable)
	if name == "" {
		return Best(), nil
	}
	s := Set(slices.Index(names, name))
	if s < 0 {
		last := len(names) - 1
		return 0, fmt.Errorf("%s=%s: give %s or %s", Variable, name, strings.Join(names[:last], ", "), names[last])
	}
	if !slices.Contains(Available(), s) {
		return 0, fmt.Errorf("%s=%s: this processor has no such kernels, but %v", Variable, name, Best())
	}
	return s, nil
}

// Command neon generates the arm64 kernels of packages conv and kernel: for each part one assembly file, and one Go
// file with declarations and tables.
//
// Instructions that Go's assembler lacks, which are most of the vector arithmetic, are written as words with the
// instruction in a comment; a test compares them with those of another assembler.
package main

//go:generate go run . -part tile -out ../conv/tile_arm64
//go:generate go run . -part gradweight -out ../conv/gradweight_arm64
//go:generate go run . -part epilogue -out ../conv/epilogue_arm64
//go:generate go run . -part winograd -out ../conv/winograd_arm64
//go:generate go run . -part maps -out ../kernel/maps_arm64
//go:generate go run . -part flat -out ../kernel/flat_arm64

import (
	"flag"
	"fmt"
	"os"
)

// parts are the generators, and the packages of the files that they write.
var parts = map[string]struct {
	pkg      string
	generate func(*file)
}{
	"tile":       {"conv", tiles},
	"gradweight": {"conv", gradWeights},
	"epilogue":   {"conv", epilogues},
	"winograd":   {"conv", winograds},
	"maps":       {"kernel", maps},
	"flat":       {"kernel", flats},
}

func main() {
	name := flag.String("part", "", "tile, gradweight, epilogue, winograd, maps or flat")
	out := flag.String("out", "", "path of the files without .s and .go")
	flag.Parse()
	part, ok := parts[*name]
	if !ok {
		fmt.Fprintf(os.Stderr, "neon: unknown part %q\n", *name)
		os.Exit(2)
	}
	f := file{pkg: part.pkg}
	part.generate(&f)
	if err := f.write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "neon:", err)
		os.Exit(1)
	}
}

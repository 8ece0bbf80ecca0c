// Package kernels holds the CUDA kernels: C++ sources and the PTX that clang makes of them, which the driver compiles for
// the GPU at hand. `go generate` makes the PTX anew; it needs clang-19 and no CUDA toolkit.
package kernels

import "embed"

//go:generate ./generate.sh

//go:embed *.ptx
var files embed.FS

// Modules returns the PTX of every module, by file name.
func Modules() (map[string]string, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	modules := make(map[string]string, len(entries))
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		modules[e.Name()] = string(text)
	}
	return modules, nil
}

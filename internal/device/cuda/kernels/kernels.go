// Package kernels holds the CUDA kernels: C++ sources and the PTX to which clang compiles them, which the driver
// compiles for the GPU at hand. `go generate` regenerates the PTX; it needs clang-19 and no CUDA toolkit.
package kernels

import (
	"embed"
	"strings"
)

//go:generate ./generate.sh

//go:embed *.ptx
var files embed.FS

// Modules returns the PTX of the modules by file name, with convolutions in fp32 or, for tf32, on tensor cores.
func Modules(tf32 bool) (map[string]string, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	modules := map[string]string{}
	for _, e := range entries {
		name, other := e.Name(), strings.TrimSuffix(e.Name(), ".ptx")+"_tf32.ptx"
		if _, err := files.ReadFile(other); err == nil && tf32 || strings.HasSuffix(name, "_tf32.ptx") && !tf32 {
			continue
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		modules[name] = string(text)
	}
	return modules, nil
}

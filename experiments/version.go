package experiments

import (
	"runtime"
	"runtime/debug"
)

// Version of the program; it is written into checkpoints and run records.
const Version = "0.1.0"

// Versions says what computed a result.
type Versions struct {
	Program  string            `json:"program"`  // Version
	Revision string            `json:"revision"` // of the source, where the build knows it
	Go       string            `json:"go"`
	Platform string            `json:"platform"` // "linux/amd64"
	Modules  map[string]string `json:"modules"`  // the libraries that results depend on
}

// currentVersions describes this build.
func currentVersions() Versions {
	v := Versions{
		Program: Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Modules: map[string]string{},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "gorgonia.org/gorgonia", "gorgonia.org/tensor", "golang.org/x/image":
			v.Modules[m.Path] = m.Version
		}
	}
	return v
}

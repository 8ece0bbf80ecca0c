package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
)

// Version of the program.
const Version = "0.1.0"

// Versions describes the program that computed a result.
type Versions struct {
	Program  string            `json:"program"`  // Version
	Code     string            `json:"code"`     // identifies the code, see codeOf
	Go       string            `json:"go"`       // version of the compiler
	Platform string            `json:"platform"` // "linux/amd64"
	Modules  map[string]string `json:"modules"`  // the libraries that results depend on
}

// currentVersions describes this build.
func currentVersions() Versions {
	v := Versions{
		Program: Version, Code: currentCode(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Modules: map[string]string{},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "gorgonia.org/gorgonia", "gorgonia.org/tensor", "golang.org/x/image":
			v.Modules[m.Path] = m.Version
		}
	}
	return v
}

// currentCode identifies the code of this program, for checkpoints and records.
var currentCode = sync.OnceValue(func() string {
	var settings []debug.BuildSetting
	if info, ok := debug.ReadBuildInfo(); ok {
		settings = info.Settings
	}
	return codeOf(settings, executableHash)
})

// Code identifies the code of this program: results of two programs with the same code have the same bits on the same
// device.
func Code() string { return currentCode() }

// codeOf returns the version and an identification of the code: the revision if the build knows it and the tree is
// unmodified, as in "0.1.0 revision 2f5c…"; otherwise (go run, go test, -buildvcs=false, a modified tree) the hash of
// the executable, as in "0.1.0 executable sha256 9b01…" or "0.1.0 revision 2f5c… modified, executable sha256 9b01…".
func codeOf(settings []debug.BuildSetting, executable func() (string, error)) string {
	var revision, modified string
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			modified = s.Value
		}
	}
	if revision != "" && modified == "false" {
		return Version + " revision " + revision
	}
	hash, err := executable()
	if err != nil {
		hash = "unknown"
	}
	if revision != "" {
		return fmt.Sprintf("%s revision %s modified, executable sha256 %s", Version, revision, hash)
	}
	return fmt.Sprintf("%s executable sha256 %s", Version, hash)
}

// executableHash returns the SHA-256 of this process's executable.
func executableHash() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

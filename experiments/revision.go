package experiments

import (
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Revision returns the revision of the program's source, followed by " modified" if files differ from it: as the build
// knows it, or as Git has it in the folder of the source now, for go run and go test, whose builds do not know it. It
// is "" if neither says it.
var Revision = sync.OnceValue(func() string {
	var settings []debug.BuildSetting
	if info, ok := debug.ReadBuildInfo(); ok {
		settings = info.Settings
	}
	if revision := revisionOf(settings); revision != "" {
		return revision
	}
	_, source, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(source) { // -trimpath
		return ""
	}
	return askGit(filepath.Dir(filepath.Dir(source)))
})

// revisionOf returns the revision that a build knows.
func revisionOf(settings []debug.BuildSetting) string {
	revision, modified := "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " modified"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + modified
}

// askGit returns the revision of a repository's root folder; "" if it is none, or Git is not there or does not answer.
func askGit(root string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	git := func(arguments ...string) (string, bool) {
		command := exec.CommandContext(ctx, "git", append([]string{"-C", root}, arguments...)...)
		out, err := command.Output()
		return strings.TrimSpace(string(out)), err == nil
	}
	prefix, ok := git("rev-parse", "--show-prefix")
	if !ok || prefix != "" { // a copy of the source below another repository
		return ""
	}
	revision, ok := git("rev-parse", "HEAD")
	if !ok {
		return ""
	}
	if changes, ok := git("status", "--porcelain", "--untracked-files=no"); !ok || changes != "" {
		revision += " modified"
	}
	return revision
}

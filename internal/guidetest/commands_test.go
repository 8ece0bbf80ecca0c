package guidetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A command of a page is a line of a block of code, or a span of code in a paragraph, that begins with one of these.
var (
	starts = `(?:[A-Z_]+=\S+ )*(?:go (?:run|test|generate|build)|make|bin/\S+|\.ci/run)`
	lines  = regexp.MustCompile(`(?m)^ *(` + starts + `(?: .*)?)$`)
	spans  = regexp.MustCompile("`(" + starts + "(?: [^`\n]*)?)`")
)

func commandsOf(text string) []string {
	var all []string
	for _, match := range append(lines.FindAllStringSubmatch(text, -1), spans.FindAllStringSubmatch(text, -1)...) {
		line, _, _ := strings.Cut(match[1], " #")
		line, _, _ = strings.Cut(line, " | ")
		line = strings.TrimSpace(line)
		named := strings.HasPrefix(line, "go ") && len(words(line)) < 3 // "go run" is no command, but a name of one
		if !named && !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return all
}

// A command that is not run here is one of these, and its flags are read all the same. Each reason must have a command.
var reasons = []struct {
	why   string
	which *regexp.Regexp
}{
	{"needs data that its owner gives", regexp.MustCompile(`-data (~/|DIR)|-truth |-images DIR|\bown\.toml`)},
	{"names a run, a folder or a file of the reader's", regexp.MustCompile(`\bRUN\b|\bDIR\b|\bFILE\b|NAME`)},
	{"needs a GPU", regexp.MustCompile(`-cuda\b|-device cuda`)},
	{"takes minutes or hours", regexp.MustCompile(
		`cmd/sweep$|cmd/sweep -(only|profile|config|data|out|plan)|cmd/sweep (plan|run) |cmd/bench|-checkpoint|` +
			`own-(loss|block|dataset)|draw-cells`)},
	{"serves until it is stopped", regexp.MustCompile(`cmd/board|-serve|cmd/sweep status`)},
	{"needs the folder of an earlier command", regexp.MustCompile(`results/|collect|submit|-config cells|-config search`)},
	{"is one of a page whose own test runs it", regexp.MustCompile(`-data (cells|nuclei)\b`)},
}

// TestEveryCommandOfEveryPage runs commands, or reads their flags where running takes what a test has not.
func TestEveryCommandOfEveryPage(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles and runs commands")
	}
	bin, used := programs(t), map[string]bool{}
	seen, ran := map[string]bool{}, 0
	for _, page := range pages(t) {
		for _, line := range commandsOf(read(t, page)) {
			if seen[line] {
				continue
			}
			seen[line] = true
			why := ""
			for _, r := range reasons {
				if why == "" && r.which.MatchString(line) {
					why, used[r.why] = r.why, true
				}
			}
			if tryCommand(t, page, line, bin, why) {
				ran++
			}
		}
	}
	t.Logf("%d commands, %d of them run", len(seen), ran)
	for _, r := range reasons {
		if !used[r.why] {
			t.Errorf("no command %s: take the reason out", r.why)
		}
	}
	if len(seen) < 60 || ran < 3 {
		t.Errorf("%d commands, %d of them run", len(seen), ran)
	}
}

// bin is the folder of the programs once they are built; TestMain removes it.
var bin string

func TestMain(m *testing.M) {
	code := m.Run()
	if bin != "" {
		_ = os.RemoveAll(bin)
	}
	os.Exit(code)
}

// programs builds all commands and examples, once for all tests, and returns their folder.
func programs(t *testing.T) string {
	t.Helper()
	if bin != "" {
		return bin
	}
	dir, err := os.MkdirTemp("", "guidetest")
	if err != nil {
		t.Fatal(err)
	}
	bin = dir
	for in, packages := range map[string]string{root: "./cmd/...", filepath.Join(root, "examples"): "./..."} {
		build := exec.Command("go", "build", "-o", bin+string(filepath.Separator), packages)
		build.Dir = in
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return bin
}

// tryCommand checks a line of a page, and reports whether it was run.
func tryCommand(t *testing.T, page, line, bin, why string) bool {
	t.Helper()
	args := words(line)
	for len(args) > 0 && strings.Contains(args[0], "=") { // variables
		args = args[1:]
	}
	switch {
	case args[0] == "make":
		for _, target := range args[1:] {
			if !strings.Contains(target, "=") && !regexp.MustCompile(`(?m)^`+target+`:`).MatchString(makefiles(t)) {
				t.Errorf("%s: %s: there is no such target", page, line)
			}
		}
		return false
	case args[0] == ".ci/run":
		if _, err := os.Stat(filepath.Join(root, args[0])); err != nil {
			t.Errorf("%s: %s: %v", page, line, err)
		}
		return false
	case args[0] == "go" && args[1] != "run":
		checkPackages(t, page, line, args[2:])
		return false
	}
	name := strings.TrimSuffix(filepath.Base(args[0]), "-cuda")
	args = args[1:]
	if name == "go" {
		args = args[1:] // run
		if args[0] == "-C" {
			args = args[2:]
		}
		name, args = filepath.Base(args[0]), args[1:]
	}
	program := filepath.Join(bin, name+exe())
	if _, err := os.Stat(program); err != nil {
		checkPackages(t, page, line, words(line)[2:]) // a generator, which its own test runs
		return false
	}
	if why != "" {
		readFlags(t, page, line, program, args)
		return false
	}
	run := exec.Command(program, args...)
	run.Dir = scratch(t)
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%s: %s: %v\n%s\nIf it cannot be run here, reasons must say why", page, line, err, out)
	}
	return true
}

// scratch is a folder that a reader might be in: with the matrices, and no results.
func scratch(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"experiments.toml", "examples/zoo.toml"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(read(t, name)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readFlags lets a command read its flags without running, by asking for its help behind them.
func readFlags(t *testing.T, page, line, program string, args []string) {
	t.Helper()
	at := len(args)
	for i, arg := range args { // the help stands before what is no flag and no value
		flagged := i > 0 && strings.HasPrefix(args[i-1], "-")
		if i > 0 && !strings.HasPrefix(arg, "-") && !flagged {
			at = i
			break
		}
	}
	if len(args) > 1 && !strings.HasPrefix(args[0], "-") && !strings.HasPrefix(args[1], "-") {
		at = 1 // a verb with files
	}
	out, err := exec.Command(program, slices.Insert(slices.Clone(args), at, "-h")...).CombinedOutput()
	said := strings.ToLower(string(out))
	if !strings.Contains(said, "usage") || err != nil && !strings.Contains(said, "usage of") { // of the flag package
		t.Errorf("%s: %s: %v\n%s", page, line, err, out)
	}
	if i := slices.Index(args, "-config"); i >= 0 && i+1 < len(args) && strings.Contains(args[i+1], "/") {
		if _, err := os.Stat(filepath.Join(root, args[i+1])); err != nil {
			t.Errorf("%s: %s: %v", page, line, err)
		}
	}
	if i := slices.Index(args, "-profile"); i >= 0 && i+1 < len(args) && !slices.Contains(args, "-config") {
		if !strings.Contains(read(t, "experiments.toml"), "\n[profile."+args[i+1]+"]\n") && args[i+1] != "NAME" {
			t.Errorf("%s: %s: experiments.toml has no such profile", page, line)
		}
	}
}

// checkPackages checks that packages are there, and that -run, -bench and -fuzz find a test in one of them.
func checkPackages(t *testing.T, page, line string, args []string) {
	t.Helper()
	if strings.Contains(line, "PACKAGE") { // a form of command
		return
	}
	var dirs []string
	for _, arg := range args {
		if strings.HasPrefix(arg, "./") && !strings.HasSuffix(arg, "...") {
			dirs = append(dirs, filepath.Join(root, arg))
			if _, err := os.Stat(filepath.Join(root, arg)); err != nil {
				t.Errorf("%s: %s: %v", page, line, err)
			}
		}
	}
	for i, arg := range args[:max(len(args)-1, 0)] {
		kind := map[string]string{"-run": "Test", "-bench": "Benchmark", "-fuzz": "Fuzz"}[arg]
		pattern := args[i+1]
		if kind == "" || slices.Contains([]string{"-", "^$", "xxx", "."}, pattern) {
			continue
		}
		pattern, _, _ = strings.Cut(pattern, "/")
		found := false
		for _, dir := range dirs {
			files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
			for _, file := range files {
				text, _ := os.ReadFile(file)
				functions := regexp.MustCompile(`(?m)^func (` + kind + `\w*)\(`)
				for _, f := range functions.FindAllStringSubmatch(string(text), -1) {
					found = found || regexp.MustCompile(pattern).MatchString(f[1])
				}
			}
		}
		if !found && len(dirs) > 0 {
			t.Errorf("%s: %s: no test is called so", page, line)
		}
	}
}

func makefiles(t *testing.T) string {
	return read(t, "Makefile") + read(t, "internal/device/cuda/cuda.mk")
}

func exe() string {
	if os.PathSeparator == '\\' {
		return ".exe"
	}
	return ""
}

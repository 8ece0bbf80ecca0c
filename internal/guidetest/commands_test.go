package guidetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"r2unet/internal/torchtest"
)

// A command of a page is a line of a block of code, or a span of code in a paragraph, that begins with one of these.
var (
	starts = `(?:[A-Z_0-9]+=\S+ )*(?:go (?:run|test|generate|build)|make|bin/\S+|\.ci/run|` +
		`(?:curl|podman|tar|python|mlflow|tensorboard|(?:/shared/)?sweep (?:submit|plan|run|collect|status) -\w+) )`
	lines = regexp.MustCompile(`(?m)^ {4,}(` + starts + `.*)$`)
	spans = regexp.MustCompile("`(" + starts + "[^`\n]*)`")
)

func commandsOf(text string) []string {
	text = regexp.MustCompile(`\|\n +`).ReplaceAllString(text, "| ") // a pipe goes on in the next line
	var all []string
	for _, match := range append(lines.FindAllStringSubmatch(text, -1), spans.FindAllStringSubmatch(text, -1)...) {
		line, _, _ := strings.Cut(match[1], " #")
		line = strings.TrimSpace(line)
		named := strings.HasPrefix(line, "go ") && len(words(line)) < 3 // "go run" is no command, but a name of one
		if !named && !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return all
}

// Pages whose commands another test runs, all of those that are lines.
var ownTests = map[string]string{
	"docs/tutorial.md":    "cmd/sweep/tutorial_test.go",
	"docs/search.md":      "cmd/sweep/search_test.go",
	"docs/howto/slurm.md": "cmd/sweep/slurm_test.go",
	"docs/prediction.md":  "cmd/segment/guide_test.go",
	"docs/interchange.md": "cmd/export/guide_test.go",
}

// Commands that are not run, whose flags, targets, packages and tests are looked up all the same. Each line must have a
// command, and a command that is in none is run.
var notRun = []struct {
	why   string
	which *regexp.Regexp
}{
	{"is a test, a benchmark or a generator with a test: go test ./... runs it", regexp.MustCompile(`^go (test|generate)\b`)},
	{"is a test that takes minutes, which `make soak` and `.ci/run` run", regexp.MustCompile(`^(SOAK|MANY|GOLDEN|R2UNET)\w+=.*go test`)},
	{"is a target or script of CI, of minutes; make -n reads it", regexp.MustCompile(`^(make|\.ci/run)\b`)},
	{"needs a GPU", regexp.MustCompile(`sweep-cuda|bench-cuda|^tar xzf gpu-bundle`)},
	{"compiles everything anew, without cgo", regexp.MustCompile(`^CGO_ENABLED=0 go build`)},
	{"needs podman and a registry", regexp.MustCompile(`^podman`)},
	{"needs Go that its page shows; datasets/guide_test.go tests it", regexp.MustCompile(`\bCells\b`)},
	{"needs the block that its page shows; arch has it in a test", regexp.MustCompile(`Inner residual`)},
	{"is Python's; cmd/export/guide_test.go runs it", regexp.MustCompile(`^python`)},
	{"serves pages of another program, TensorBoard or MLflow", regexp.MustCompile(`^(MLFLOW\S+ )?(mlflow|tensorboard) `)},
}

// TestEveryCommandOfEveryPage runs each with stand-ins for what the reader has and for what takes long.
func TestEveryCommandOfEveryPage(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles and runs commands")
	}
	r, used := newReader(t), map[string]bool{}
	seen, ran := map[string]bool{}, 0
	var curls []string // of all pages, to run against segment -serve
	for _, page := range pages(t) {
		for _, line := range commandsOf(read(t, page)) {
			if strings.HasPrefix(line, "curl ") {
				curls = append(curls, line)
			}
		}
	}
	if len(curls) == 0 {
		t.Error("no page asks a server")
	}
	for _, page := range pages(t) {
		text := read(t, page)
		if test, ok := ownTests[page]; ok {
			if own := read(t, test); !strings.Contains(own, "guidetest.Commands(") || !strings.Contains(own, page) {
				t.Errorf("%s does not run the commands of %s", test, page)
			}
			text = regexp.MustCompile(`(?m)^    go run .*$`).ReplaceAllString(text, "")
		}
		for _, line := range commandsOf(text) {
			why := ""
			for _, n := range notRun {
				if why == "" && n.which.MatchString(line) {
					why, used[n.why] = n.why, true
				}
			}
			actual := standIn(line)
			serves, asked := strings.Contains(actual, "127.0.0.1:0"), curls
			if !strings.Contains(actual, "cmd/segment ") {
				asked = nil // by the page's curl lines
			}
			switch {
			case seen[actual], strings.HasPrefix(line, "curl "):
				continue
			case why != "":
				lookUp(t, page, line)
				continue
			}
			seen[actual] = true
			ran++
			t.Run(page+"/"+line, func(t *testing.T) {
				if strings.Contains(actual, "-compare torch") {
					python := torchtest.Python{Variable: "R2UNET_TORCH_PYTHON", Modules: "torch"}.Find(t)
					t.Setenv("R2UNET_TORCH_PYTHON", python)
				}
				if _, err := exec.LookPath("jq"); err != nil && strings.Contains(actual, "jq ") {
					t.Skip("no jq")
				}
				if serves {
					r.serve(t, actual, asked...)
				} else {
					r.run(t, actual)
				}
			})
		}
	}
	for _, n := range notRun {
		if !used[n.why] {
			t.Errorf("no command %s: take the line out", n.why)
		}
	}
	if ran < 60 {
		t.Errorf("%d commands were run", ran)
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

// lookUp checks that the targets, packages and tests of a command that is not run are there.
func lookUp(t *testing.T, page, line string) {
	t.Helper()
	args := words(line)
	for len(args) > 0 && strings.Contains(args[0], "=") { // variables
		args = args[1:]
	}
	switch {
	case args[0] == "make":
		if out, err := makeDry(args[1:]); err != nil {
			t.Errorf("%s: %s: %v\n%s", page, line, err, out)
		}
	case args[0] == ".ci/run":
		if _, err := os.Stat(filepath.Join(root, args[0])); err != nil {
			t.Errorf("%s: %s: %v", page, line, err)
		}
	case args[0] == "go" && args[1] != "run":
		checkPackages(t, page, line, args[2:])
	case args[0] == "go" || strings.HasSuffix(args[0], "-cuda"):
		name := strings.TrimSuffix(filepath.Base(args[0]), "-cuda")
		if args = args[1:]; name == "go" {
			name, args = filepath.Base(args[1]), args[2:]
		}
		readFlags(t, page, line, filepath.Join(bin, name+exe()), args)
	}
}

// makeDry asks make what it would do; without make, the targets are looked for.
func makeDry(targets []string) (string, error) {
	if _, err := exec.LookPath("make"); err != nil {
		return "", nil
	}
	dry := exec.Command("make", append([]string{"-n"}, targets...)...)
	dry.Dir = root
	out, err := dry.CombinedOutput()
	return string(out), err
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

func exe() string {
	if os.PathSeparator == '\\' {
		return ".exe"
	}
	return ""
}

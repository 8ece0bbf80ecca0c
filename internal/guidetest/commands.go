package guidetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A command is an indented line of a page, such as "go run ./cmd/sweep -plan" or "go run -C examples ./own-loss". Lines
// below it in the same block are lines of its output; in them, … stands for any text, and a line of … for any lines.
var command = regexp.MustCompile(`^    go run (?:-C (\S+) )?\./(\S+) ?(.*)$`)

// Commands runs the commands of a page in a folder, in the page's order, and holds their output against what the page
// shows. All must exit with 0. Paths are as those of Run.
func Commands(t *testing.T, root, page, dir string) {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles and runs commands")
	}
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	built, ran := map[string]string{}, 0
	var output string // what the page's next lines are looked for in
	for _, line := range strings.Split(string(text), "\n") {
		found := command.FindStringSubmatch(line)
		switch {
		case found != nil:
			ran++
			module, name := found[1], found[2]
			program := built[module+" "+name]
			if program == "" {
				program = build(t, filepath.Join(root, module), name)
				built[module+" "+name] = program
			}
			output = run(t, program, filepath.Join(dir, module), found[3])
		case !strings.HasPrefix(line, "    "):
			if strings.TrimSpace(line) != "" {
				output = ""
			}
		case output != "":
			output = behind(t, page, strings.TrimPrefix(line, "    "), output)
		}
	}
	if ran == 0 {
		t.Fatalf("%s shows no command that this test can find", page)
	}
}

// build compiles a command of a module.
func build(t *testing.T, module, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), filepath.Base(name)+".exe")
	compile := exec.Command("go", "build", "-o", program, "./"+name)
	compile.Dir = module
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return program
}

// run runs a program with the arguments of a command line, in which * stands for letters of names of files.
func run(t *testing.T, program, dir, line string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	line, _, _ = strings.Cut(line, "#")
	var args []string
	for _, arg := range words(line) {
		if strings.Contains(arg, "*") {
			names, err := filepath.Glob(filepath.Join(dir, arg))
			if err != nil || len(names) == 0 {
				t.Fatalf("%s: no file is called %s: %v", line, arg, err)
			}
			args = append(args, names...)
			continue
		}
		args = append(args, arg)
	}
	c := exec.Command(program, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), line, err, out)
	}
	return string(out)
}

// behind returns what follows a line in an output, which must have it.
func behind(t *testing.T, page, line, output string) string {
	t.Helper()
	line = strings.TrimSpace(line)
	if line == "" || line == "…" {
		return output
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*")
	at := regexp.MustCompile(`(?m)^\s*` + pattern + `\s*$`).FindStringIndex(output)
	if at == nil {
		t.Errorf("%s shows a line that the command does not print: %s\n%s", page, line, output)
		return output
	}
	return output[at[1]:]
}

// words splits a command line at spaces outside of single quotes.
func words(line string) []string {
	var all []string
	for _, word := range regexp.MustCompile(`(?:'[^']*'|\S)+`).FindAllString(line, -1) {
		all = append(all, strings.ReplaceAll(word, "'", ""))
	}
	return all
}

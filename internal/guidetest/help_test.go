package guidetest

import (
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// TestHelpOfEveryCommand: -h of each command and verb ends well, has two examples whose flags there are, and the names
// that its flags take.
func TestHelpOfEveryCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles commands")
	}
	bin, dir := programs(t), scratch(t)
	mains, err := filepath.Glob(filepath.Join(root, "cmd", "*", "main.go"))
	if err != nil || len(mains) < 8 {
		t.Fatal(mains, err)
	}
	commands := 0
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		text := help(t, bin, dir, name)
		commands++
		_, verbs, _ := strings.Cut(text, "verbs, each with a -h of its own:\n")
		verbs, _, _ = strings.Cut(verbs, "\n\n")
		for line := range strings.Lines(verbs) {
			help(t, bin, dir, name, strings.Fields(line)[0])
			commands++
		}
	}
	if commands < 21 {
		t.Errorf("%d commands and verbs", commands)
	}
}

// names are what the help of a command with a flag must list; the matrix is experiments.toml.
func names(t *testing.T) map[string][]string {
	var matrix struct {
		Architecture []struct{ Name string }
		Profile      map[string]any
	}
	if err := toml.Unmarshal([]byte(read(t, "experiments.toml")), &matrix); err != nil {
		t.Fatal(err)
	}
	var networks []string
	for _, a := range matrix.Architecture {
		networks = append(networks, a.Name)
	}
	models, err := filepath.Glob(filepath.Join(root, "results/models/*/card.md"))
	if err != nil || len(models) == 0 || len(networks) == 0 || len(matrix.Profile) == 0 {
		t.Fatal(models, networks, matrix.Profile, err)
	}
	for i, card := range models {
		models[i] = filepath.Base(filepath.Dir(card))
	}
	return map[string][]string{
		"profile": slices.Collect(maps.Keys(matrix.Profile)),
		"only":    {"arch", "dataset", "fold", "seed", "learning-rate", "block"},
		"arch":    {"U-Net"}, // bench has names of its own
		"network": networks,
		"dot":     networks,
		"model":   models,
		"engine":  {"slurm", "kubernetes"},
		"post":    {"fill-holes", "hysteresis", "largest", "min-size"},
	}
}

var (
	examples = regexp.MustCompile(`(?m)^  go run \./cmd/(\S.*?)(?:   .*)?$`)
	listed   = regexp.MustCompile(`(?m)^  -(\S+)`)
)

// help checks the help of a command and returns it.
func help(t *testing.T, bin, dir string, command ...string) string {
	t.Helper()
	name := strings.Join(command, " ")
	program := filepath.Join(bin, command[0]+exe())
	run := exec.Command(program, append(slices.Clone(command[1:]), "-h")...)
	run.Dir = dir
	out, err := run.CombinedOutput()
	text := string(out)
	if err != nil || !strings.HasPrefix(text, "usage: "+name+" ") {
		t.Errorf("%s -h: %v\n%s", name, err, text)
	}
	commands := examples.FindAllStringSubmatch(text, -1)
	if len(commands) < 2 {
		t.Errorf("%s -h: has %d examples, want two", name, len(commands))
	}
	for _, example := range commands {
		if line := example[1]; strings.HasPrefix(line+" ", command[0]+" ") {
			readFlags(t, name+" -h", line, program, words(line)[1:])
		} else {
			t.Errorf("%s -h: an example is of another command: %s", name, line)
		}
	}
	// Names of flags are not among their values.
	plain := listed.ReplaceAllString(text, "")
	for _, f := range listed.FindAllStringSubmatch(text, -1) {
		for _, value := range names(t)[f[1]] {
			if !regexp.MustCompile(`[ :]` + regexp.QuoteMeta(value) + `[ ,\n]`).MatchString(plain) {
				t.Errorf("%s -h: has -%s, but does not name %s", name, f[1], value)
			}
		}
	}
	return text
}

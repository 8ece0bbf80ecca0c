package engines

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"r2unet/experiments"
)

func examplePlan(n int) experiments.Agenda {
	p := experiments.Agenda{Profile: "smoke", Config: "experiments.toml", Device: "cpu"}
	for i := range n {
		id := fmt.Sprintf("drive-u-net-%08x", i)
		p.Runs = append(p.Runs, experiments.AgendaItem{
			Index: i, ID: id, Folder: "smoke/runs/" + id, Seconds: float64(3600 * (n - i)), Bytes: 1 << 30,
		})
	}
	return p
}

func exampleSlurm(dir string) Slurm {
	return Slurm{
		Program: filepath.Join(dir, "sweep"), Arguments: []string{"-out", filepath.Join(dir, "out")},
		Run: []string{"-threads", "2"},
		Out: filepath.Join(dir, "out"), Threads: 2, ArraySize: 1001,
	}
}

func script(t *testing.T, s Slurm, p experiments.Agenda) string {
	t.Helper()
	text, err := s.Script(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// batches returns the scripts that a script hands to sbatch.
func batches(text string) []string {
	var all []string
	for _, match := range regexp.MustCompile(`(?s)<<'SLURM'\n(.*?)SLURM\n`).FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	return all
}

// TestSlurmScriptsAreSound: bash reads the script and those in it, and shellcheck has nothing to say where it is.
func TestSlurmScriptsAreSound(t *testing.T) {
	needBash(t)
	dir := filepath.Join(t.TempDir(), `it's "50%" $HOME`)
	s := exampleSlurm(dir)
	s.AtOnce, s.ArraySize, s.Options = 4, 3, []string{"--partition=long"}
	p := examplePlan(7)
	p.Device = "cuda"
	text := script(t, s, p)
	all := batches(text)
	if len(all) != 4 {
		t.Fatalf("7 runs in arrays of at most 3 are %d jobs with that which collects; want 4", len(all))
	}
	for i := range p.Runs {
		p.Runs[i].Finished = true
	}
	nothing := script(t, s, p)
	if all := batches(nothing); len(all) != 1 || !strings.Contains(all[0], " collect ") {
		t.Errorf("of finished runs there is more to do than to collect: %q", all)
	}
	for _, text := range append(all, text, nothing) {
		check := exec.Command("bash", "-n")
		check.Stdin = strings.NewReader(text)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("bash -n: %v\n%s\n%s", err, out, text)
		}
		if _, err := exec.LookPath("shellcheck"); err != nil {
			continue
		}
		check = exec.Command("shellcheck", "-e", "SC2016", "-") // a $ in a path is meant literally
		check.Stdin = strings.NewReader(text)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("shellcheck: %v\n%s", err, out)
		}
	}
}

// TestSlurmScriptAsksForWhatThePlanSays checks numbers worked out by hand.
func TestSlurmScriptAsksForWhatThePlanSays(t *testing.T) {
	p := examplePlan(4) // of 4, 3, 2 and 1 hours
	p.Runs[3].Finished = true
	s := exampleSlurm("/shared")
	has := func(text string, lines ...string) {
		t.Helper()
		for _, line := range lines {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("there is no line %q in\n%s", line, text)
			}
		}
	}
	text := script(t, s, p)
	has(text, "#SBATCH --array=0-2", "#SBATCH --time=490", "#SBATCH --mem=1793M", "#SBATCH --cpus-per-task=2",
		"#SBATCH --requeue", "#SBATCH --open-mode=append", "#SBATCH --signal=B:USR1@120",
		`#SBATCH --output="/shared/out/smoke/slurm/%A_%a.log"`)
	if strings.Contains(text, "gres") {
		t.Error("a run on the cpu asks for a GPU")
	}
	if strings.Contains(text, p.Runs[3].ID) {
		t.Error("a finished run is submitted")
	}

	p.Device, s.Limit, s.AtOnce, s.ArraySize = "cuda", 6*time.Hour, 6, 1
	text = script(t, s, p)
	has(text, "#SBATCH --gres=gpu:1", "#SBATCH --time=360", "#SBATCH --time=250",
		"#SBATCH --array=0-0%3", "#SBATCH --array=0-0%2", "#SBATCH --array=0-0%1") // 4, 3 and 2 of 9 hours
	if !strings.Contains(text, "# The limit is capped:") {
		t.Error("a limit of 6 hours of the 8 that the longest run may take is not called capped")
	}
	s.Limit = 9 * time.Hour
	if strings.Contains(script(t, s, p), "is capped") {
		t.Error("a limit of 9 hours, above what any run may take, is called capped")
	}
	p.Runs[0].Seconds = 3*3600 + 1 // a minute that has begun counts
	has(script(t, s, p), "#SBATCH --time=371")
	s.Out = `/a"b\c%d`
	has(script(t, s, p), `#SBATCH --output="/a\"b\\c%%d/smoke/slurm/%A_%a.log"`) // % begins a pattern
}

// TestTaskDoesWhatTheExitCodeSays runs the script of a task with a sweep that ends as told, and looks at what it asks
// of Slurm.
func TestTaskDoesWhatTheExitCodeSays(t *testing.T) {
	needBash(t)
	for name, c := range map[string]struct {
		code     int
		signal   string // to the task, while sweep runs
		attempts int
		requeues int
		last     int // exit code
	}{
		"finished":             {code: 0, attempts: 1},
		"wrong input":          {code: 2, attempts: 1, last: 2},
		"interrupted":          {code: 75, attempts: 5, requeues: 5, last: 75}, // as often as it takes
		"code lost by bash":    {code: 255, attempts: 5, requeues: 5, last: 255},
		"failed":               {code: 1, attempts: 5, requeues: 3, last: 1},
		"crashed":              {code: 134, attempts: 5, requeues: 3, last: 134},
		"ahead of the limit":   {signal: "USR1", attempts: 1, requeues: 1, last: 75},
		"cancelled by someone": {signal: "TERM", attempts: 1, last: 75},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "with space")
			if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
				t.Fatal(err)
			}
			program := fmt.Sprintf("echo \"$@\" >>'%s/asked'; exit %d", dir, c.code)
			if c.signal != "" { // as sweep does: saved and interrupted, once
				program = fmt.Sprintf("trap 'echo saved >>\"%[1]s/saved\"; exit 75' TERM; kill -%[2]s $PPID; "+
					"[ %[2]s = USR1 ] || kill -TERM $$; sleep 9 &>/dev/null & wait", dir, c.signal)
			}
			write(t, filepath.Join(dir, "sweep"), "#!/bin/bash\n"+program+"\n")
			write(t, filepath.Join(dir, "bin", "scontrol"), "#!/bin/bash\necho \"$@\" >>'"+dir+"/requeues'\n")
			write(t, filepath.Join(dir, "bin", "sleep"), "#!/bin/bash\n[ \"$1\" = 60 ] || exec /bin/sleep \"$@\"\n")
			p := examplePlan(3)
			task := batches(script(t, exampleSlurm(dir), p))[0]
			var code int
			for range c.attempts {
				command := exec.Command("bash", "-c", task)
				command.Env = append(os.Environ(), "SLURM_ARRAY_JOB_ID=12", "SLURM_ARRAY_TASK_ID=1",
					"PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
				out, _ := command.CombinedOutput()
				if code = command.ProcessState.ExitCode(); code != c.last {
					t.Fatalf("exit code %d; want %d\n%s", code, c.last, out)
				}
			}
			if got := lines(t, filepath.Join(dir, "requeues")); len(got) != c.requeues ||
				len(got) > 0 && got[0] != "requeue 12_1" {
				t.Errorf("asked of scontrol: %q; want %d requeues of 12_1", got, c.requeues)
			}
			if c.signal != "" {
				if got := lines(t, filepath.Join(dir, "saved")); len(got) != 1 {
					t.Errorf("sweep has been told to stop and has saved %d times; want once", len(got))
				}
				return
			}
			want := "run -id " + p.Runs[1].ID + " -threads 2 -out " + filepath.Join(dir, "out")
			if got := lines(t, filepath.Join(dir, "asked")); len(got) != c.attempts || got[0] != want {
				t.Errorf("sweep was called with %q; want %d times %q", got, c.attempts, want)
			}
		})
	}
}

func needBash(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash here: the scripts for Slurm are not tried")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// lines returns the lines of a file, none if it does not exist.
func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var all []string
	for line := range bytes.Lines(text) {
		all = append(all, strings.TrimSuffix(string(line), "\n"))
	}
	return all
}

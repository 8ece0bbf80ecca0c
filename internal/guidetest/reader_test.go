package guidetest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"r2unet/internal/device/cpu/conv"
	"r2unet/internal/device/cpu/isa"
)

// A reader has what the pages say that a reader has: a clone in which the matrices' profiles are small, phantoms as
// datasets, drawn cells as own pictures, and the results of a sweep.
type reader struct {
	bin      string // programs, and a `go` that runs and copies them in place of compiling
	template string // of the folders that commands run in
}

// standIns are what is run in place of words of a page: names of the reader's, long work, and ports.
var standIns = []struct {
	words *regexp.Regexp
	by    string
}{
	// names of the reader's own
	{regexp.MustCompile(`board DIR DIR DIR`), "board results/quick results/quick-2 results/smoke"},
	{regexp.MustCompile(`collect (.*) DIR DIR$`), "collect $1 results results"},
	{
		regexp.MustCompile(`results/(PROFILE|quick|night)/runs/(RUN|lung-u-net-\*)`),
		"results/quick/runs/drive-phantom-u-net-*",
	},
	{regexp.MustCompile(`-truth DIR -predictions DIR`), "-truth labels -predictions masks"},
	{regexp.MustCompile(`-images DIR`), "-images images"},
	{regexp.MustCompile(`-out DIR`), "-out own"},
	{regexp.MustCompile(`(init|-config own\.toml) -data DIR`), "$1 -data cells"},
	{regexp.MustCompile(`-config (own|cells)\.toml`), "-config trained.toml"},
	{regexp.MustCompile(`-data (DIR|FOLDER|~/data|/shared/data)( |$)`), "-data ~/datasets$2"},
	{regexp.MustCompile(`^/shared/sweep`), "cp bin/sweep shared/ && shared/sweep"},
	{regexp.MustCompile(`/shared/`), "shared/"},
	{regexp.MustCompile(`\[?FILE\.csv\]?`), "published.csv"},
	{regexp.MustCompile(`-cpuprofile FILE`), "-cpuprofile profile"},
	{regexp.MustCompile(`-model (NAME|lung)`), "-model retina"},
	// a network in place of the matrix; the first command of README trains all of it
	{
		regexp.MustCompile(`(cmd/sweep|bin/sweep)((?: -\w+ \S+)* -profile (?:paper|night|epochs|first)(?: .*)?)$`),
		"$1$2 -only arch=U-Net,fold=0,seed=1",
	},
	{regexp.MustCompile(`zoo\.toml -profile smoke`), "zoo.toml -profile smoke -only 'arch=SE-ResU-Net|lwnet'"},
	{regexp.MustCompile(`sweep run -index N`), "sweep run -profile smoke -index 0"},
	{regexp.MustCompile(`a/results b/results …`), "-profile smoke results results"},
	{regexp.MustCompile(`-profile reference`), "-profile reference -only fold=0,seed=1"},
	{regexp.MustCompile(`jq -r '.runs\[\].id'`), "$0 | head -n 2"},
	{regexp.MustCompile(`(cmd/sweep) -data ~/datasets$`), "$1 -data ~/datasets -only arch=U-Net"},
	{regexp.MustCompile(`-only (\S+ ?\S*) -only .*$`), "-only $1"},
	// small phantoms are no official copies, which exit code 1 says
	{regexp.MustCompile(`cmd/verify (-data ~/datasets.*)`), "cmd/verify $1 || [ $$? = 1 ]"},
	// small pictures and few steps in place of measurements
	{regexp.MustCompile(`-phantom all`), "-phantom all -shrink 8 -images 5"},
	{regexp.MustCompile(`cmd/bench(.*)`), "cmd/bench$1 -runs 1"},
	{regexp.MustCompile(`-runs \d+(.*) -runs 1`), "-runs 1$1"},
	{regexp.MustCompile(`-rounds \d+`), "-rounds 1"},
	{regexp.MustCompile(`-batch \d+`), "-batch 2"},
	{regexp.MustCompile(`-size \d+`), "-size 32"},
	{regexp.MustCompile(`-width \d+`), "-width 33"},
	{regexp.MustCompile(`(-compare torch.*) -python PYTHON`), "$1"},
	{regexp.MustCompile(`-table( -compare torch|)`), "-arch unet -size 16 -batch 2$1"},
	{regexp.MustCompile(`-compare torch`), `-compare torch -python "$$R2UNET_TORCH_PYTHON"`},
	// a free port in place of the page's
	{regexp.MustCompile(`-serve 127\.0\.0\.1:8080`), "-serve 127.0.0.1:0"},
	{regexp.MustCompile(`(cmd/board (?:\S+ ?)+)$`), "$1 -listen 127.0.0.1:0"},
	{regexp.MustCompile(`(-save page\.html) +-listen .*$`), "$1"},
}

// standIn returns what is run in place of a page's command.
func standIn(line string) string {
	for _, s := range standIns {
		line = s.words.ReplaceAllString(line, s.by)
	}
	if set, err := isa.Choose(); err != nil || !conv.HasBF16(set) { // plain Go takes minutes for what takes seconds
		line = regexp.MustCompile(`(cmd/sweep.*) -precision bf16`).ReplaceAllString(line, "$1")
		line = regexp.MustCompile(`cmd/bench.* -precision bf16.*`).ReplaceAllString(line, "$0 -batch 2 -size 16")
	}
	return line
}

// slow are the keys of a profile that a small one has other values of.
var slow = regexp.MustCompile(
	`(?m)^(epochs|batch|compute-budget|samples|validation-samples|test-images|time-both) *= .*\n`)

// small makes a matrix's profiles train a few samples of small phantoms; the names in it stay.
func small(matrix string) string {
	head, profiles, _ := strings.Cut(matrix, "\n[profile.")
	profiles = slow.ReplaceAllString("[profile."+profiles, "")
	profiles = regexp.MustCompile(`(?m)^\[profile\.[\w-]+\]$`).ReplaceAllString(profiles,
		"$0\nepochs = 1\nbatch = 2\nsamples = 4\nvalidation-samples = 2\ntest-images = 1")
	drawn := regexp.MustCompile(`(?m)^\[\[dataset\]\]\nname = "(DRIVE|STARE|CHASE_DB1|ISIC2017|Lung)"$`)
	head = drawn.ReplaceAllString(head, "$0\nphantom-images = 10\nphantom-shrink = 4")
	profiles = regexp.MustCompile(`(?m)^phantom-.*\n`).ReplaceAllString(profiles, "")
	return head + "\n" + profiles
}

func newReader(t *testing.T) *reader {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("commands of pages are written for a shell: %v", err)
	}
	r := &reader{bin: programs(t), template: t.TempDir()}
	shim := "#!/bin/sh\n" +
		"verb=$1; shift\n" +
		"case $verb in\n" +
		"run) if [ \"$1\" = -C ]; then cd \"$2\" || exit; shift 2; fi\n" +
		"  name=${1##*/}; shift; exec '" + r.bin + "'/$name \"$@\" ;;\n" +
		"build) cp '" + r.bin + "'/${3##*/} \"$2\" ;;\n" + // go build -o FILE PACKAGE
		"esac\n"
	write(t, filepath.Join(r.bin, "go"), shim, 0o777)
	for _, name := range []string{"experiments.toml", "examples/zoo.toml", "examples/settings.toml"} {
		write(t, filepath.Join(r.template, name), small(read(t, name)), 0o666)
	}
	write(t, filepath.Join(r.template, "kvasir.toml"),
		small(Block(t, root, "docs/datasets.md", "## Own pictures", "toml")), 0o666)
	write(t, filepath.Join(r.template, "published.csv"), "method,se,sp,ac\nU-Net,0.7537,0.9820,0.9531\n", 0o666)
	for _, line := range []string{
		"mkdir -p docs shared bin home",
		"go run -C examples ./draw-cells -out ../cells",
		"go run ./cmd/verify -phantom all -shrink 4 -images 10 -out home/datasets",
		"go run ./cmd/sweep init -data cells -out trained.toml",
		"go run ./cmd/sweep -profile quick -only 'arch=U-Net|R2U-Net t=2,dataset=DRIVE'",
		"go run ./cmd/sweep -profile smoke -only 'arch=U-Net,dataset=DRIVE'",
		"cp -r results/quick results/quick-2; cp -r results/quick results/night",
		"for d in labels masks fovs ours theirs; do cp -r cells/masks $d; done; cp -r cells/images images",
		"cp images/cells-01.png eye.png; cp -r cells home/cells; go build -o bin/sweep ./cmd/sweep",
		// Kvasir's layout: pictures named by patients
		"mkdir -p home/datasets/Kvasir/images home/datasets/Kvasir/masks",
		"for i in 01 02 03 04 05 06 07 08 09 10; do cp cells/images/cells-$i.png home/datasets/Kvasir/images/p${i}_1.jpg; " +
			"cp cells/masks/cells-$i.png home/datasets/Kvasir/masks/p${i}_1.png; done",
	} {
		if out, err := r.command(t.Context(), r.template, line).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	text, err := os.ReadFile(filepath.Join(r.template, "trained.toml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(r.template, "trained.toml"), small(string(text)), 0o666)
	return r
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = os.WriteFile(path, []byte(text), mode)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// command is a line of a shell in a folder of the reader's.
func (r *reader) command(ctx context.Context, dir, line string) *exec.Cmd {
	c := exec.CommandContext(ctx, "sh", "-c", line)
	c.Dir = dir
	c.Env = append(os.Environ(), "HOME="+filepath.Join(r.template, "home"), "PATH="+r.bin+":"+os.Getenv("PATH"))
	return c
}

// training is a sweep, which a results folder of another one would refuse.
var training = regexp.MustCompile(`cmd/sweep(?: -|$)|sweep run`)

// folder has links to what the reader has, but copies of the results, or none for what makes some.
func (r *reader) folder(t *testing.T, line string) string {
	t.Helper()
	dir := t.TempDir()
	link := func(from, to string) {
		if err := os.Symlink(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(r.template)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "results" && !strings.Contains(line+" ", "-out "+e.Name()+" ") {
			link(filepath.Join(r.template, e.Name()), e.Name())
		}
	}
	results := filepath.Join(dir, "results")
	if training.MatchString(line) {
		err = os.Mkdir(results, 0o777)
	} else {
		err = os.CopyFS(results, os.DirFS(filepath.Join(r.template, "results")))
	}
	if err != nil {
		t.Fatal(err)
	}
	reference, err := filepath.Abs(filepath.Join(root, "results", "reference"))
	if err != nil {
		t.Fatal(err)
	}
	link(reference, filepath.Join("results", "reference"))
	return dir
}

// run runs a command; curl's are run with serve.
func (r *reader) run(t *testing.T, line string) {
	t.Helper()
	if out, err := r.command(t.Context(), r.folder(t, line), line).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

var address = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)

// serve starts a command that serves, looks at its page, runs further commands against it and interrupts it.
func (r *reader) serve(t *testing.T, line string, further ...string) {
	t.Helper()
	dir := r.folder(t, line)
	server := r.command(t.Context(), dir, "exec "+line+" 2>&1")
	output, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	found, all := make(chan string, 1), make(chan string, 1)
	go func() {
		var said []string
		for scanner := bufio.NewScanner(output); scanner.Scan(); {
			said = append(said, scanner.Text())
			if at := address.FindStringSubmatch(scanner.Text()); at != nil && len(found) == 0 {
				found <- at[1]
			}
		}
		all <- strings.Join(said, "\n")
	}()
	select {
	case host := <-found:
		response, err := http.Get("http://" + host + "/")
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(page), "<html") {
			t.Errorf("status %d, %v\n%.500s", response.StatusCode, err, page)
		}
		for _, f := range further {
			f = strings.Replace(f, "127.0.0.1:8080", host, 1)
			f = strings.Replace(f, "curl ", "curl --fail --silent --show-error ", 1)
			if out, err := r.command(t.Context(), dir, f).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", f, err, out)
			}
		}
	case said := <-all:
		t.Fatalf("ended without an address:\n%s", said)
	case <-time.After(time.Minute):
		t.Error("names no address")
	}
	if err := server.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	said := <-all
	if err := server.Wait(); err != nil {
		t.Errorf("after a signal: %v\n%s", err, said)
	}
}

// TestStandInsAreNeeded by a command of a page.
func TestStandInsAreNeeded(t *testing.T) {
	var all []string
	for _, page := range pages(t) {
		all = append(all, commandsOf(read(t, page))...)
	}
	for i, s := range standIns {
		used := slices.ContainsFunc(all, func(line string) bool {
			for _, before := range standIns[:i] {
				line = before.words.ReplaceAllString(line, before.by)
			}
			return s.words.MatchString(line)
		})
		if !used {
			t.Errorf("no command has %s: take the stand-in out", s.words)
		}
	}
}

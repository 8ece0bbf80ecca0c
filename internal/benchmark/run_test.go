package benchmark

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"r2unet/internal/cli"
)

const zoo = "../../examples/zoo.toml"

func options() Options {
	return Options{
		Case: small(), Device: "cpu", Threads: 1, Runs: 1, Rounds: 1, Precision: "fp32",
		Stdout: io.Discard, Stderr: io.Discard,
	}
}

func TestOptionsThatCannotBeOrHaveNoEffectAreBadInput(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"-runs 0":           func(o *Options) { o.Runs = 0 },
		"-rounds -1":        func(o *Options) { o.Rounds = -1 },
		"-compare jax":      func(o *Options) { o.Compare = "jax" },
		"-ops and -compare": func(o *Options) { o.Ops, o.Compare = true, "torch" },
		"-infer: has an":    func(o *Options) { o.Given = []string{"infer"} },
		"-python: has an":   func(o *Options) { o.Given = []string{"runs", "python"} },
		"-fastest counts":   func(o *Options) { o.Fastest, o.Threads = true, 2 },
		"-config names a":   func(o *Options) { o.Case.Network = "lwnet" },
		"-config no/such":   func(o *Options) { o.Case.Matrix, o.Case.Network = "no/such.toml", "lwnet" },
		"lwnet-net":         func(o *Options) { o.Case.Matrix, o.Case.Network = zoo, "lwnet-net" },
		"-t and -config": func(o *Options) {
			o.Given = []string{"t"}
			o.Case.Matrix, o.Case.Network = zoo, "lwnet"
		},
		"-batch and -table": func(o *Options) { o.Given, o.Table = []string{"batch"}, true },
		"-reference: ":      func(o *Options) { o.Compare, o.Reference = "torch", "no/such/file.py" },
		"-cpuprofile: ":     func(o *Options) { o.CPUProfile = "no/such/folder/profile" },
		"-precision x":      func(o *Options) { o.Precision = "x" },
		"-threads 100000":   func(o *Options) { o.Threads = 100000 },
		"-gpu -1":           func(o *Options) { o.GPU = -1 },
		"-device tpu":       func(o *Options) { o.Device = "tpu" },
		"-arch":             func(o *Options) { o.Case.Arch = "x" },
		"t = 1000000":       func(o *Options) { o.Case.T = 1000000 },
		"5 input channels":  func(o *Options) { o.Case.Channels = 5 },
		"larger than any":   func(o *Options) { o.Case.Batch = 1 << 50 },
		"GB of memory, and": func(o *Options) { o.Case.Batch = 1 << 40 },
		"1 value a channel": func(o *Options) { o.Case.Batch, o.Case.Height, o.Case.Width = 1, 2, 2 },
		"training needs":    func(o *Options) { o.Case.Height, o.Ops = 9, true },
	} {
		o := options()
		change(&o)
		err := Run(t.Context(), o)
		if cli.ExitCode(err) != cli.ExitInput || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, exit code %d; want bad input that says %q", err, cli.ExitCode(err), want)
		}
	}
}

// TestSizeThatCannotTrainIsSaid, as its row has no speed of training.
func TestSizeThatCannotTrainIsSaid(t *testing.T) {
	for size, want := range map[int]bool{9: true, 8: false} {
		o := options()
		var out, said bytes.Buffer
		o.Case.Height, o.Stdout, o.Stderr = size, &out, &said
		if err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(said.String(), "multiples of 2, and they are 9 and 8 px"); got != want ||
			strings.Contains(out.String(), "train_samples_per_s") == want {
			t.Errorf("%d px: %s%s", size, &said, &out)
		}
	}
}

// TestStopIsHeardWithinASecond, with a profile that can be read, while far more is asked for than ends in a test.
func TestStopIsHeardWithinASecond(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"building a graph": func(o *Options) { o.Case.T, o.Case.Widths = 100, []int{4, 4, 4, 4, 4, 4, 4} },
		"measuring":        func(o *Options) { o.Runs = 1 << 40 },
		"operators":        func(o *Options) { o.Runs, o.Ops = 1<<40, true },
	} {
		o := options()
		o.Case.Height, o.Case.Width = 128, 128
		o.CPUProfile = filepath.Join(t.TempDir(), "profile")
		change(&o)
		ctx, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer stop()
		begun := time.Now()
		err := Run(ctx, o)
		if took := time.Since(begun); !errors.Is(err, cli.ErrInterrupted) || cli.ExitCode(err) != cli.ExitInterrupted ||
			took > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, took)
		}
		profile, err := os.ReadFile(o.CPUProfile)
		if err != nil || !bytes.HasPrefix(profile, []byte{0x1f, 0x8b}) {
			t.Errorf("%s: a profile of %d bytes, %v", name, len(profile), err)
		}
	}
}

// TestANetworkOfAFileIsMeasured with the parameters that its authors count, in a row of its name; its operators are
// listed by shapes, those that read nothing too.
func TestANetworkOfAFileIsMeasured(t *testing.T) {
	var out bytes.Buffer
	o := options()
	o.Stdout = &out
	o.Case = Case{Matrix: zoo, Network: "lwnet", Batch: 1, Channels: 3, Height: 8, Width: 8}
	if err := Run(t.Context(), o); err != nil || !strings.Contains(out.String(), `"arch":"lwnet"`) ||
		!strings.Contains(out.String(), `"params":68482`) {
		t.Errorf("%v: %s", err, &out)
	}
	out.Reset()
	o.Ops, o.Shapes = true, true
	if err := Run(t.Context(), o); err != nil || !strings.Contains(out.String(), "conv 3x3 [1 8 8 8] [1 8 8 8]") {
		t.Errorf("%v: %s", err, &out)
	}
}

func TestChannelsAreReadFromAList(t *testing.T) {
	if got, err := Widths("8,16"); err != nil || len(got) != 2 || got[0] != 8 || got[1] != 16 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Widths("8, x"); err == nil {
		t.Error("expected an error")
	}
}

func TestWhatIsMeasuredIsPrinted(t *testing.T) {
	var out bytes.Buffer
	o := options()
	o.Stdout = &out
	if err := Run(t.Context(), o); err != nil || !strings.Contains(out.String(), `"train_samples_per_s"`) {
		t.Errorf("%v: %s", err, &out)
	}
	o.Fastest = true
	if err := Run(t.Context(), o); err != nil {
		t.Error(err)
	}
	out.Reset()
	o.Ops, o.Fastest = true, false
	if err := Run(t.Context(), o); err != nil || !strings.Contains(out.String(), "100.0 %") {
		t.Errorf("%v: %s", err, &out)
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// behaviour names the environment variable that makes the test program a command that ends in one of these
// ways.
const behaviour = "CLI_TEST_ENDS"

var ways = map[string]func(context.Context) error{
	"well":          func(context.Context) error { return nil },
	"input":         func(context.Context) error { return fmt.Errorf("a: %w", &InputError{errors.New("b\x1bc")}) },
	"failed":        func(context.Context) error { return errors.New("disk") },
	"silent":        func(context.Context) error { return Status(1) },
	"panic":         func(context.Context) error { panic("a bug") },
	"panic in work": func(context.Context) error { go panic("a bug"); select {} },
	"fatal error": func(context.Context) error {
		m := map[int]int{}
		for range 8 {
			go func() {
				for i := 0; ; i++ {
					m[i&1] = i
				}
			}()
		}
		select {}
	},
	"signal": func(ctx context.Context) error {
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			return err
		}
		if err := self.Signal(os.Interrupt); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	},
}

func TestMain(m *testing.M) {
	if run := ways[os.Getenv(behaviour)]; run != nil {
		Main("test", run)
	}
	os.Exit(m.Run())
}

// end runs this program as a command that ends in the given way.
func end(t *testing.T, way string) (code int, said string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), behaviour+"="+way, "GOTRACEBACK=")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestCommandsEndWithTheCodeOfTheirError(t *testing.T) {
	for _, c := range []struct {
		way  string
		code int
		said string
	}{
		{"well", ExitDone, ""},
		{"input", ExitInput, "test: a: b\\x1bc\n"},
		{"failed", ExitFailed, "test: disk\n"},
		{"silent", 1, ""},
	} {
		if code, said := end(t, c.way); code != c.code || said != c.said {
			t.Errorf("%s: exit code %d, %q; want %d, %q", c.way, code, said, c.code, c.said)
		}
	}
}

// TestCrashHasACodeOfItsOwn checks that a script that retries after failed and interrupted runs, but not
// after bad input, can distinguish a bug from both, in any goroutine.
func TestCrashHasACodeOfItsOwn(t *testing.T) {
	for way, why := range map[string]string{
		"panic": "a bug", "panic in work": "a bug", "fatal error": "concurrent map",
	} {
		code, said := end(t, way)
		if code >= 0 && code <= 2 || code == ExitInterrupted || !strings.Contains(said, why) ||
			!strings.Contains(said, "cli_test.go") {
			t.Errorf("%s: exit code %d\n%s", way, code, said)
		}
	}
}

package cli

import (
	"bytes"
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"
)

// TestWrongFlagIsOneLine: not the error above the whole help, which scrolls it away.
func TestWrongFlagIsOneLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-profle", "x"}, "unknown flag -profle; did you mean -profile? (sweep -h lists the flags)"},
		{[]string{"--overlay"}, "unknown flag -overlay (sweep -h lists the flags)"},
		{[]string{"-n", "x"}, `invalid value "x" for flag -n: parse error (sweep -h lists the flags)`},
		{[]string{"-profile"}, "flag needs an argument: -profile (sweep -h lists the flags)"},
	} {
		flags, said := helped(t)
		err := Parse(flags, "sweep", c.args)
		var input *InputError
		if !errors.As(err, &input) || err.Error() != c.want || said.Len() > 0 {
			t.Errorf("%v: %v, and printed %q", c.args, err, said)
		}
	}
}

func TestFlagsStandAnywhereAmongArguments(t *testing.T) {
	for _, c := range []struct{ args, want []string }{
		{nil, nil},
		{[]string{"a", "-n", "3", "b", "-profile=x"}, []string{"a", "b"}},
		{[]string{"-n", "3", "-profile", "x", "a"}, []string{"a"}},
		{[]string{"a", "-n", "3", "-profile=x", "--", "-b", "c"}, []string{"a", "-b", "c"}},
	} {
		flags, _ := helped(t)
		others, err := ParseArguments(flags, "sweep", c.args)
		if err != nil || !slices.Equal(others, c.want) {
			t.Errorf("%v: %v, %v", c.args, others, err)
		}
		if n := flags.Lookup("n").Value.String(); len(c.args) > 0 && n != "3" {
			t.Errorf("%v: n is %s", c.args, n)
		}
	}
	flags, _ := helped(t)
	if _, err := ParseArguments(flags, "sweep", []string{"a", "-x"}); err == nil ||
		!strings.Contains(err.Error(), "unknown flag -x") {
		t.Errorf("%v", err)
	}
}

func TestHelpIsPrintedAndIsNoError(t *testing.T) {
	for _, arg := range []string{"-h", "-help"} {
		flags, said := helped(t)
		if err := Parse(flags, "sweep", []string{arg}); ExitCode(err) != ExitDone || err == nil {
			t.Errorf("%s: %v", arg, err)
		}
		if !strings.Contains(said.String(), "usage: sweep") || !strings.Contains(said.String(), "-profile") {
			t.Errorf("%s: %q", arg, said)
		}
	}
}

// helped returns flags with a help, and what is printed.
func helped(t *testing.T) (*flag.FlagSet, *bytes.Buffer) {
	t.Helper()
	said, before := &bytes.Buffer{}, Stderr
	Stderr = NewText(said)
	t.Cleanup(func() { Stderr = before })
	flags := flag.NewFlagSet("", flag.ExitOnError)
	flags.String("profile", "", "a `name`")
	flags.Int("n", 0, "a `number`")
	Usage(flags, "sweep [flags]", "Trains.", [][2]string{{"sweep", "all"}}, nil)
	return flags, said
}

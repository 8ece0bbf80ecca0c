package experiments

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPrecisionOfAProfileIsThatOfItsRuns unless the flag says another one; without either, runs are those of fp32.
func TestPrecisionOfAProfileIsThatOfItsRuns(t *testing.T) {
	long(t)
	text, err := os.ReadFile("../experiments.toml")
	if err != nil {
		t.Fatal(err)
	}
	with := func(line string) Options {
		path := filepath.Join(t.TempDir(), "matrix.toml")
		content := strings.Replace(string(text), "[profile.smoke]\n", "[profile.smoke]\n"+line+"\n", 1)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return Options{
			Config: path, Profile: "smoke", Out: t.TempDir(), Device: "cpu", Threads: 1, Seed: 1, Only: "arch=U-Net",
			Stdout: io.Discard,
		}
	}
	usual := agendaOf(t, with(""))
	for _, c := range []struct{ line, flag, device string }{
		{`precision = "fp32"`, "", "cpu"},
		{`precision = "bf16"`, "", "cpu-bf16"},
		{`precision = "bf16"`, "fp32", "cpu"},
		{`precision = "fp32"`, "bf16", "cpu-bf16"},
	} {
		o := with(c.line)
		o.Precision = c.flag
		got := agendaOf(t, o)
		if got.Device != c.device {
			t.Errorf("%s and -precision %q: %s; want %s", c.line, c.flag, got.Device, c.device)
		}
		if same := got.Runs[0].ID == usual.Runs[0].ID; same != (c.device == "cpu") {
			t.Errorf("%s and -precision %q: run %s; in fp32 it is %s", c.line, c.flag, got.Runs[0].ID, usual.Runs[0].ID)
		}
	}
	for _, c := range []struct{ precision, device, want string }{
		{"bf16", "ref", "-device ref does not have it; take -device cpu, or fp32"},
		{"tf32", "cpu", "-device cpu does not have it; take -device cuda, or fp32"},
	} {
		o := with(`precision = "` + c.precision + `"`)
		o.Device = c.device
		_, err = NewAgenda(t.Context(), o)
		want := `profile smoke: precision = "` + c.precision + `": ` + c.want
		if err == nil || ExitCode(err) != 2 || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "matrix.toml:") {
			t.Errorf("%v: exit code %d; want 2, file, line and %q", err, ExitCode(err), want)
		}
		o = with("")
		o.Device, o.Precision = c.device, c.precision
		_, err = NewAgenda(t.Context(), o)
		want = "-precision " + c.precision + ": " + c.want
		if err == nil || ExitCode(err) != 2 || err.Error() != want {
			t.Errorf("%v: exit code %d; want 2 and %q", err, ExitCode(err), want)
		}
	}
}

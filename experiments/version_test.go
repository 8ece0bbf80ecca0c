package experiments

import (
	"errors"
	"runtime/debug"
	"strings"
	"testing"

	"r2unet/internal/durable"
)

func TestCodeIsTheRevisionOrElseTheExecutable(t *testing.T) {
	known := func() (string, error) { return "9b01", nil }
	revision, clean, dirty := debug.BuildSetting{
		Key: "vcs.revision", Value: "2f5c",
	}, debug.BuildSetting{Key: "vcs.modified", Value: "false"}, debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, c := range []struct {
		settings   []debug.BuildSetting
		executable func() (string, error)
		want       string
	}{
		{[]debug.BuildSetting{revision, clean}, known, "0.1.0 revision 2f5c"},
		{[]debug.BuildSetting{revision, dirty}, known, "0.1.0 revision 2f5c modified, executable sha256 9b01"},
		{nil, known, "0.1.0 executable sha256 9b01"},
		{nil, func() (string, error) { return "", errors.New("gone") }, "0.1.0 executable sha256 unknown"},
	} {
		if got := codeOf(c.settings, c.executable); got != c.want {
			t.Errorf("%v: %q; want %q", c.settings, got, c.want)
		}
	}
	if code := currentCode(); strings.Contains(code, "unknown") || len(code) < len(Version)+40 {
		t.Errorf("this program's code is %q", code)
	}
}

// TestCheckpointAndRecordNameTheCode: what a sweep leaves says which program made it, and one that goes on with
// another's says both.
func TestCheckpointAndRecordNameTheCode(t *testing.T) {
	o := inProcess(t, tiny)
	dir := firstRun(t, o)
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	record, err := ReadRecord(dir)
	if err != nil || record.Versions.Code != currentCode() {
		t.Errorf("the record names %q, %v; want %q", record.Versions.Code, err, currentCode())
	}
	if content := read(t, dir+"/checkpoint.safetensors"); !strings.Contains(content, `"code":"`+currentCode()+`"`) {
		t.Errorf("the checkpoint does not name %q", currentCode())
	}

	record.Versions.Code = "0.0.9 revision 2f5c"
	if err := record.save(durable.OS, dir); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	o.Stdout = &out
	if err := Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if want := "1 finished runs are of other code (0.0.9 revision 2f5c) than runs now (" + currentCode() +
		")"; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out.String())
	}
}

package choose

import (
	"strings"
	"testing"
)

func TestKindsOpenTheirDevice(t *testing.T) {
	for _, kind := range []string{"cpu", "ref", "CPU"} {
		dev, why, err := Open(kind, Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if dev.Name() != strings.ToLower(kind) || why != "" {
			t.Errorf("%s opened %s, because %q", kind, dev.Name(), why)
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestUnknownKindIsAnErrorThatNamesTheOthers(t *testing.T) {
	if _, _, err := Open("gpu", Options{}); err == nil || !strings.Contains(err.Error(), "there are auto, cpu, cuda and ref") {
		t.Errorf("error is %v", err)
	}
}

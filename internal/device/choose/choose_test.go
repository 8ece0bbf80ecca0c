package choose

import (
	"fmt"
	"strings"
	"testing"

	"r2unet/internal/device"
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
	if _, _, err := Open("gpu", Options{}); err == nil ||
		!strings.Contains(err.Error(), "there are auto, cpu, cuda and ref") {
		t.Errorf("error is %v", err)
	}
}

func TestOptionsThatCannotBeAreRefusedOnEveryDevice(t *testing.T) {
	for _, kind := range []string{"cpu", "ref", "auto", "cuda"} {
		for want, options := range map[string]Options{
			"-threads 100000: expected 1 to ": {Threads: 100000},
			"-threads -1: expected 1 to ":     {Threads: -1},
			"-gpu -1: ":                       {GPU: -1},
			"-precision fp8: expected fp32":   {Precision: "fp8"},
		} {
			if dev, _, err := Open(kind, options); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: opened %v, error %v; want %s", kind, dev, err, want)
			}
		}
	}
	dev, _, err := Open("cpu", Options{Threads: 64})
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}

// TestPrecisionsThatADeviceDoesNotHaveAreRefused in place of computing in another one.
func TestPrecisionsThatADeviceDoesNotHaveAreRefused(t *testing.T) {
	for _, c := range []struct{ kind, precision, instead string }{
		{"cuda", BF16, "cpu"}, {"ref", BF16, "cpu"}, {"REF", BF16, "cpu"}, {"cpu", TF32, "cuda"}, {"ref", TF32, "cuda"},
	} {
		_, _, err := Open(c.kind, Options{Precision: c.precision})
		want := fmt.Sprintf("-precision %s: -device %s does not have it; take -device %s, or fp32",
			c.precision, strings.ToLower(c.kind), c.instead)
		if err == nil || err.Error() != want {
			t.Errorf("error is %v; want %s", err, want)
		}
	}
}

// TestBF16IsOfTheCPU and auto takes it.
func TestBF16IsOfTheCPU(t *testing.T) {
	for _, kind := range []string{"cpu", "auto"} {
		dev, why, err := Open(kind, Options{Threads: 1, Precision: BF16})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(dev.Arithmetic(), " bf16") && !strings.Contains(dev.Arithmetic(), "portable bf16 ") ||
			!strings.Contains(dev.Describe(), "products in bf16") || (kind == "auto") != (why != "") {
			t.Errorf("%s: %s, %s, %s", kind, dev.Arithmetic(), dev.Describe(), why)
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestKindNamesAPrecisionThatIsNotTheDefault as the identity of runs has it since there is a choice.
func TestKindNamesAPrecisionThatIsNotTheDefault(t *testing.T) {
	dev, _, err := Open("cpu", Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for _, c := range []struct {
		dev             device.Device
		precision, want string
	}{
		{dev, "fp32", "cpu"},
		{dev, BF16, "cpu-bf16"},
		{gpu{dev}, "fp32", "cuda"},
		{gpu{dev}, "", "cuda"},
		{gpu{dev}, TF32, "cuda-tf32"},
	} {
		if got := (Options{Precision: c.precision}).Kind(c.dev); got != c.want {
			t.Errorf("%s with -precision %s is %s; want %s", c.dev.Name(), c.precision, got, c.want)
		}
	}
}

// gpu is a device that calls itself one.
type gpu struct{ device.Device }

func (gpu) Name() string { return "cuda" }

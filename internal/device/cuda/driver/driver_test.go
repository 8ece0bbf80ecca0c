//go:build r2gpu

package driver

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"r2unet/internal/calls"
	"r2unet/internal/device"
	"r2unet/internal/device/cuda"
)

// These tests run against the libcuda.so.1 of folder fake; check.sh builds it and puts it first in the path.

func open(t *testing.T, options cuda.Options) *cuda.Device {
	t.Helper()
	gpu, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := cuda.New(gpu, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev
}

func TestDescriptionNamesTheGPU(t *testing.T) {
	want := "cuda: Fake GPU, 1 GiB, compute capability 8.0, driver for CUDA 12.4, fp32"
	if got := open(t, cuda.Options{}).Describe(); got != want {
		t.Errorf("description is %q, want %q", got, want)
	}
}

func TestEagerAndReplayedProgramsReachTheDriver(t *testing.T) {
	for _, shape := range [][]int{{2, 3, 5, 5}, {2, 3, 4, 4}, {5, 64, 65, 65}} {
		for _, eager := range []bool{true, false} {
			sumFourTimes(t, open(t, cuda.Options{Eager: eager}), shape)
		}
	}
}

func TestDriversWithoutGraphsRunEagerlyAndAreNamed(t *testing.T) {
	t.Setenv("FAKE_CUDA_NO_GRAPHS", "1")
	dev := open(t, cuda.Options{})
	sumFourTimes(t, dev, []int{2, 3, 5, 5})
	if text := dev.Describe(); !strings.Contains(text,
		"without graphs: capture: cuStreamBeginCapture: some error (801)") {
		t.Errorf("description is %q", text)
	}
}

// sumFourTimes runs sum = a + sum four times and checks that it did.
func sumFourTimes(t *testing.T, dev *cuda.Device, shape []int) {
	t.Helper()
	values := make([]float32, shape[0]*shape[1]*shape[2]*shape[3])
	for i := range values {
		values[i] = float32(i)
	}
	tensor := func(name string) *device.Tensor {
		b, err := dev.Alloc(shape, device.Features)
		if err != nil {
			t.Fatal(err)
		}
		return &device.Tensor{Name: name, Shape: shape, Kind: device.Features, Buffer: b}
	}
	a, sum := tensor("a"), tensor("sum")
	if err := dev.Write(a.Buffer, values); err != nil {
		t.Fatal(err)
	}
	program, err := dev.Compile(&device.Plan{Calls: []device.Call{&calls.Add{A: a, B: sum, Y: sum}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if err := program.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := dev.Read(values, sum.Buffer); err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if v != 4*float32(i) {
			t.Fatalf("%v: element %d is %v after four runs", shape, i, v)
		}
	}
}

// TestOrder is run by TestMissingWaitsAreFound with a driver that forgets to wait.
func TestOrder(t *testing.T) {
	if os.Getenv("FAKE_CUDA_FORGETS") == "" {
		t.Skip("for a process of its own")
	}
	sumOfBatches(t, open(t, cuda.Options{}))
}

func TestBatchesArriveInOrderWhileTheGPUComputes(t *testing.T) {
	for _, eager := range []bool{true, false} {
		sumOfBatches(t, open(t, cuda.Options{Eager: eager}))
	}
}

func TestMissingWaitsAreFound(t *testing.T) {
	for _, forgotten := range []string{"follow", "await"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestOrder$")
		cmd.Env = append(os.Environ(), "FAKE_CUDA_FORGETS="+forgotten)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "after batch") {
			t.Errorf("a driver that forgets to %s passes: %v\n%s", forgotten, err, out)
		}
	}
}

// sumOfBatches adds batch after batch to a sum, posts it after each, and checks what was posted and read.
func sumOfBatches(t *testing.T, dev *cuda.Device) {
	t.Helper()
	shape := []int{1, 1, 2, 4}
	tensor := func(name string) *device.Tensor {
		b, err := dev.Alloc(shape, device.Features)
		if err != nil {
			t.Fatal(err)
		}
		return &device.Tensor{Name: name, Shape: shape, Kind: device.Features, Buffer: b}
	}
	batch, sum := tensor("batch"), tensor("sum")
	program, err := dev.Compile(&device.Plan{Calls: []device.Call{&calls.Add{A: batch, B: sum, Y: sum}}})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]float32
	collect := func(wait bool) {
		posted, err := dev.Posted(wait)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, posted...)
	}
	const batches = 150
	values := make([]float32, 8)
	for i := range batches {
		for j := range values {
			values[j] = float32(i * j)
		}
		if err := dev.Write(batch.Buffer, values); err != nil {
			t.Fatal(err)
		}
		if err := program.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := dev.Post(sum.Buffer); err != nil {
			t.Fatal(err)
		}
		collect(false)
	}
	collect(true)
	if len(got) != batches {
		t.Fatalf("%d posts came back, want %d", len(got), batches)
	}
	for i, values := range got {
		for j, v := range values {
			if want := float32(i * (i + 1) / 2 * j); v != want {
				t.Fatalf("after batch %d element %d is %v, want %v", i, j, v, want)
			}
		}
	}
}

func TestFreeMemoryIsTheGPUs(t *testing.T) {
	if free, known := open(t, cuda.Options{}).Free(); free != 3<<28 || !known {
		t.Errorf("%d bytes are free (%v), want the fake's %d", free, known, 3<<28)
	}
}

func TestTooLargeAnAllocationIsAnError(t *testing.T) {
	_, err := open(t, cuda.Options{}).Alloc([]int{1 << 30}, device.Plain)
	if err == nil || !strings.Contains(err.Error(), "OutOfMemory") {
		t.Errorf("error is %v", err)
	}
}

func TestGPUOfNoSuchNumberIsAnError(t *testing.T) {
	if _, err := Open(3); err == nil || !strings.Contains(err.Error(), "GPU 3 of 1") {
		t.Errorf("error is %v", err)
	}
}

// TestProblem is run by TestMachinesWithoutGPUAreToldWhy in other circumstances.
func TestProblem(t *testing.T) {
	want := os.Getenv("WANT_CUDA_PROBLEM")
	if want == "" {
		t.Skip("for a process of its own")
	}
	if _, err := Open(0); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want one with %q", err, want)
	}
}

func TestMachinesWithoutGPUAreToldWhy(t *testing.T) {
	for _, c := range []struct{ name, set, want string }{
		{"no driver", "LD_LIBRARY_PATH=/nowhere", "no NVIDIA driver: libcuda.so.1"},
		{"no GPU", "FAKE_CUDA_INIT=100", "no CUDA-capable device is detected (100)"},
		{"old GPU", "FAKE_CUDA_OLD=1", "compute capability 6.0; the kernels need 7.5"},
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestProblem$")
		cmd.Env = append(os.Environ(), c.set, "WANT_CUDA_PROBLEM="+c.want)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
	}
}

package sim

import (
	endian "encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryShippedKernelParses(t *testing.T) {
	paths, err := filepath.Glob("../kernels/*.ptx")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no PTX found: %v", err)
	}
	d, tensorCores := New(Options{}), 0
	for _, path := range paths {
		if strings.HasSuffix(path, "_tf32.ptx") { // the same kernels once more
			other := New(Options{})
			if err := other.Load(module(t, path)); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			tensorCores += len(other.kernels)
			continue
		}
		if err := d.Load(module(t, path)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if len(d.kernels) < 40 || tensorCores < 20 {
		t.Errorf("%d kernels and %d for tensor cores, want at least 40 and 20", len(d.kernels), tensorCores)
	}
}

func module(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sumParts runs the kernel of that name from norm.ptx, after edit, over 16 parts of 40 ones; out has room for `room`
// sums.
func sumParts(t *testing.T, edit func(string) string, room int64) ([]float32, error) {
	t.Helper()
	d := New(Options{Seed: 7, Races: true})
	if err := d.Load(edit(module(t, "../kernels/norm.ptx"))); err != nil {
		t.Fatal(err)
	}
	kernel, err := d.Kernel("sum_parts")
	if err != nil {
		t.Fatal(err)
	}
	partial, _ := d.Alloc(4 * 16 * 40)
	out, _ := d.Alloc(4 * room)
	if err := d.Fill(partial, math.Float32bits(1), 16*40); err != nil {
		t.Fatal(err)
	}
	var params []byte
	for _, v := range []uint64{partial, 0, out, 40 | 16<<32, uint64(math.Float32bits(0.5))} {
		params = endian.LittleEndian.AppendUint64(params, v)
	}
	if err := d.Launch(kernel, [3]int{2, 1, 1}, params); err != nil {
		return nil, err
	}
	sums := make([]float32, 40)
	return sums, read(d, sums, out)
}

// read waits for all work and copies from the device.
func read(d *Driver, to []float32, from uint64) error {
	if err := d.Download(to, from); err != nil {
		return err
	}
	return d.Wait()
}

func unchanged(ptx string) string { return ptx }

func TestSimulatorRunsKernel(t *testing.T) {
	sums, err := sumParts(t, unchanged, 40)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range sums {
		if v != 8 {
			t.Errorf("sum %d is %v, want 8", i, v)
		}
	}
}

func TestMissingBarrierIsFound(t *testing.T) {
	_, err := sumParts(t, func(ptx string) string { return strings.ReplaceAll(ptx, "bar.sync \t0;", "") }, 40)
	if err == nil || !strings.Contains(err.Error(), "race on shared") {
		t.Errorf("error is %v", err)
	}
}

func TestAccessPastTheEndIsFound(t *testing.T) {
	_, err := sumParts(t, unchanged, 39)
	if err == nil || !strings.Contains(err.Error(), "past the end of an allocation of 156 bytes") {
		t.Errorf("error is %v", err)
	}
}

func TestBarrierThatSomeThreadsDoNotReachTogetherIsFound(t *testing.T) {
	_, err := run(t, `
	mov.u32 %r1, %tid.x;
	setp.lt.s32 %p1, %r1, 100;
	@%p1 bra $L1;
	bar.sync 0;
	bra.uni $L2;
$L1:
	bar.sync 0;
$L2:
	ret;`)
	if err == nil || !strings.Contains(err.Error(), "different barriers") {
		t.Errorf("error is %v", err)
	}
}

func TestConflictingGlobalStoresAreFound(t *testing.T) {
	_, err := run(t, `
	ld.param.u64 %rd1, [probe_param_0];
	mov.f32 %f1, 0f3F800000;
	st.global.f32 [%rd1], %f1;
	ret;`)
	if err == nil || !strings.Contains(err.Error(), "race on address") {
		t.Errorf("error is %v", err)
	}
}

// run runs 256 threads of a kernel with one pointer to 1024 bytes, and returns these.
func run(t *testing.T, body string) ([]float32, error) {
	t.Helper()
	d := New(Options{Races: true})
	err := d.Load(
		".visible .entry probe(\n.param .align 8 .b8 probe_param_0[8]\n)\n.maxntid 256, 1, 1\n{\n" + body + "\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	kernel, err := d.Kernel("probe")
	if err != nil {
		t.Fatal(err)
	}
	memory, _ := d.Alloc(1024)
	if err := d.Launch(kernel, [3]int{1, 1, 1}, endian.LittleEndian.AppendUint64(nil, memory)); err != nil {
		return nil, err
	}
	out := make([]float32, 256)
	return out, read(d, out, memory)
}

func TestMatrixInstructionWithoutTheWholeWarpIsFound(t *testing.T) {
	body := `
	mov.u32 %r1, %tid.x;
	mov.f32 %f1, 0f3F800000;
	setp.eq.s32 %p1, %r1, 40;
	GUARD
	mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 ` +
		`{%f2, %f3, %f4, %f5}, {%f1, %f1, %f1, %f1}, {%f1, %f1}, {%f1, %f1, %f1, %f1};
$L1:
	ld.param.u64 %rd1, [probe_param_0];
	mul.wide.s32 %rd2, %r1, 4;
	add.s64 %rd1, %rd1, %rd2;
	st.global.f32 [%rd1], %f5;
	ret;`
	sums, err := run(t, strings.Replace(body, "GUARD", "", 1))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range sums {
		if v != 9 {
			t.Fatalf("thread %d has %v, want 8 products of ones and a one", i, v)
		}
	}
	_, err = run(t, strings.Replace(body, "GUARD", "@%p1 bra $L1;", 1))
	if err == nil || !strings.Contains(err.Error(), "31 of the warp's 32 threads") {
		t.Errorf("error is %v", err)
	}
}

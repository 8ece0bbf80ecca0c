package sim

import (
	endian "encoding/binary"
	"math"
	"strings"
	"testing"
)

// meetingBlocks is a kernel of two blocks: each writes 256 ones, and the last of the two adds the other's and its
// own.
const meetingBlocks = `
	.shared .align 4 .b8 order[4];
	mov.u32 %r1, %tid.x;
	mov.u32 %r2, %ctaid.x;
	ld.param.u64 %rd1, [probe_param_0];
	mad.lo.s32 %r3, %r2, 256, %r1;
	mul.wide.s32 %rd2, %r3, 4;
	add.s64 %rd3, %rd1, %rd2;
	mov.f32 %f1, 0f3F800000;
	st.global.f32 [%rd3+256], %f1;
	bar.sync 0; // before
	setp.ne.s32 %p1, %r1, 0;
	@%p1 bra $L1;
	atom.acq_rel.gpu.inc.u32 %r4, [%rd1], 1;
	st.shared.u32 [order], %r4;
$L1:
	bar.sync 0; // after
	ld.shared.u32 %r5, [order];
	setp.ne.s32 %p2, %r5, 1;
	@%p2 bra $L2;
	mul.wide.s32 %rd4, %r1, 4;
	add.s64 %rd5, %rd1, %rd4;
	ld.global.f32 %f2, [%rd5+256];
	ld.global.f32 %f3, [%rd5+1280];
	add.f32 %f4, %f2, %f3;
	st.global.f32 [%rd5+2304], %f4;
$L2:
	ret;`

func runMeeting(t *testing.T, body string, seed uint64) ([]float32, error) {
	t.Helper()
	d := New(Options{Races: true, Seed: seed})
	err := d.Load(
		".visible .entry probe(\n.param .align 8 .b8 probe_param_0[8]\n)\n.maxntid 256, 1, 1\n{\n" + body + "\n}\n")
	if err != nil {
		return nil, err
	}
	kernel, err := d.Kernel("probe")
	if err != nil {
		t.Fatal(err)
	}
	const bytes = 256 + 3*1024
	memory, _ := d.Alloc(bytes)
	if err := d.Fill(memory, 0, bytes/4); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the counter is as it was
		if err := d.Launch(kernel, [3]int{2, 1, 1}, endian.LittleEndian.AppendUint64(nil, memory)); err != nil {
			return nil, err
		}
	}
	out := make([]float32, bytes/4)
	return out, read(d, out, memory)
}

func TestLastBlockSeesWhatTheOthersWrote(t *testing.T) {
	for seed := range uint64(8) {
		out, err := runMeeting(t, meetingBlocks, seed)
		if err != nil {
			t.Fatal(err)
		}
		if math.Float32bits(out[0]) != 0 {
			t.Errorf("the counter is %d after all have come", math.Float32bits(out[0]))
		}
		for i, v := range out[576:] {
			if v != 2 {
				t.Fatalf("sum %d is %v, want 2", i, v)
			}
		}
	}
}

func TestMeetingWithoutOneOfItsPartsIsFound(t *testing.T) {
	for _, c := range []struct{ leaveOut, instead, want string }{
		{"bar.sync 0; // before", "", "have stored since the last barrier"},
		{"bar.sync 0; // after", "", "race on"},
		{"atom.acq_rel.gpu.inc.u32 %r4, [%rd1], 1;", "mov.u32 %r4, 1;", "race on address"},
		{"atom.acq_rel.gpu.inc.u32 %r4, [%rd1], 1;", "atom.relaxed.gpu.inc.u32 %r4, [%rd1], 1;", "unknown instruction"},
	} {
		if !strings.Contains(meetingBlocks, c.leaveOut) {
			t.Fatalf("no %s", c.leaveOut)
		}
		_, err := runMeeting(t, strings.Replace(meetingBlocks, c.leaveOut, c.instead, 1), 1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("without %s: error is %v, want one with %q", c.leaveOut, err, c.want)
		}
	}
}

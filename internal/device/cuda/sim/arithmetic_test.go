package sim

import (
	"math"
	"testing"
)

func TestInstructions(t *testing.T) {
	bits := func(v int32) uint32 { return uint32(v) }
	for _, c := range []struct {
		code string // leaves its result in %r9
		want uint32
	}{
		{"mov.u32 %r1, 7; sub.s32 %r9, %r1, 9;", bits(-2)},
		{"mov.b32 %r1, -7; div.s32 %r9, %r1, 2;", bits(-3)},
		{"mov.b32 %r1, -7; rem.s32 %r9, %r1, 2;", bits(-1)},
		{"mov.b32 %r1, -7; shr.s32 %r9, %r1, 1;", bits(-4)},
		{"mov.b32 %r1, -7; shr.u32 %r9, %r1, 1;", 0x7ffffffc},
		{"mov.b32 %r1, -7; shl.b32 %r9, %r1, 33;", 0},
		{"mov.b32 %r1, 0x80000000; mul.hi.u32 %r9, %r1, 6;", 3},
		{"mov.b32 %r1, 0x80000000; mul.hi.s32 %r9, %r1, 6;", bits(-3)},
		{"mov.b32 %r1, -5; mad.lo.s32 %r9, %r1, 3, 1;", bits(-14)},
		{"mov.b32 %r1, 0x1234; bfe.u32 %r9, %r1, 4, 8;", 0x23},
		{"mov.b32 %r1, -5; cvt.s64.s32 %rd1, %r1; cvt.u32.u64 %r9, %rd1;", bits(-5)},
		{"mov.b32 %r1, 70000; cvt.u16.u32 %rs1, %r1; cvt.u32.u16 %r9, %rs1;", 70000 - 65536},
		{"mov.b32 %r1, -3; cvt.rn.f32.s32 %r9, %r1;", math.Float32bits(-3)},
		{"mov.b32 %r1, -3; setp.lt.u32 %p1, %r1, 2; selp.b32 %r9, 10, 20, %p1;", 20},
		{"mov.b32 %r1, -3; setp.lt.s32 %p1, %r1, 2; selp.b32 %r9, 10, 20, %p1;", 10},
		{"mov.b32 %r1, -3; min.s32 %r9, %r1, 2;", bits(-3)},
		{"mov.f32 %f1, 0f7FC00000; setp.le.f32 %p1, %f1, 0f00000000; selp.b32 %r9, 1, 0, %p1;", 0},
		{"mov.f32 %f1, 0f7FC00000; setp.leu.f32 %p1, %f1, 0f00000000; selp.b32 %r9, 1, 0, %p1;", 1},
		{"mov.f32 %f1, 0f40400000; fma.rn.f32 %r9, %f1, %f1, %f1;", math.Float32bits(12)},
		{"mov.f32 %f1, 0f3F801FFF; cvt.rna.tf32.f32 %r9, %f1;", 0x3F802000},
	} {
		body := "ld.param.u64 %rd8, [probe_param_0];\nmov.u32 %r8, %tid.x;\n" +
			"mul.wide.s32 %rd9, %r8, 4;\nadd.s64 %rd9, %rd8, %rd9;\n"
		for _, line := range splitStatements(c.code) {
			body += line + ";\n"
		}
		body += "st.global.u32 [%rd9], %r9;\nret;"
		got, err := run(t, body)
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
			continue
		}
		for i, v := range got {
			if math.Float32bits(v) != c.want {
				t.Errorf("%s: thread %d has %#x, want %#x", c.code, i, math.Float32bits(v), c.want)
				break
			}
		}
	}
}

func splitStatements(code string) (lines []string) {
	start := 0
	for i, r := range code {
		if r == ';' {
			lines = append(lines, code[start:i])
			start = i + 1
		}
	}
	return lines
}

func TestBranchesMeetAgain(t *testing.T) {
	got, err := run(t, `
	ld.param.u64 %rd1, [probe_param_0];
	mov.u32 %r1, %tid.x;
	mul.wide.s32 %rd2, %r1, 4;
	add.s64 %rd1, %rd1, %rd2;
	mov.u32 %r2, 0;
	mov.u32 %r3, 0;
$LOOP:
	and.b32 %r4, %r3, 1;
	setp.eq.s32 %p1, %r4, 0;
	@%p1 bra $EVEN;
	add.s32 %r2, %r2, 10;
	bra.uni $NEXT;
$EVEN:
	add.s32 %r2, %r2, 1;
$NEXT:
	add.s32 %r3, %r3, 1;
	setp.le.s32 %p2, %r3, %r1;
	@%p2 bra $LOOP;
	bar.sync 0;
	cvt.rn.f32.s32 %f1, %r2;
	st.global.f32 [%rd1], %f1;
	ret;`)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if want := float32((i+2)/2 + 10*((i+1)/2)); v != want {
			t.Errorf("thread %d has %v, want %v", i, v, want)
		}
	}
}

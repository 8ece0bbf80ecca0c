package main

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var wordLine = regexp.MustCompile(`(?m)^\tWORD \$0x([0-9a-f]{8}) // (.*)$`)

// words returns the encodings that a generator writes, by instruction.
func words(generate func(*file)) map[string]string {
	var f file
	generate(&f)
	all := map[string]string{}
	for _, m := range wordLine.FindAllStringSubmatch(f.text.String(), -1) {
		all[m[2]] = m[1]
	}
	return all
}

// TestEncodings compares each kind of instruction with what LLVM's and GNU's assemblers write, at the limits of its
// fields.
func TestEncodings(t *testing.T) {
	for _, c := range []struct {
		word, instruction string
		write             func(f *file)
	}{
		{"4e3fd7c1", "fadd v1.4s, v30.4s, v31.4s", func(f *file) { f.fadd(1, 30, 31) }},
		{"4eb1d41f", "fsub v31.4s, v0.4s, v17.4s", func(f *file) { f.fsub(31, 0, 17) }},
		{"6e3fdfc1", "fmul v1.4s, v30.4s, v31.4s", func(f *file) { f.fmul(1, 30, 31) }},
		{"6e28ffa2", "fdiv v2.4s, v29.4s, v8.4s", func(f *file) { f.fdiv(2, 29, 8) }},
		{"4e3ef43f", "fmax v31.4s, v1.4s, v30.4s", func(f *file) { f.fmax(31, 1, 30) }},
		{"4ebef43f", "fmin v31.4s, v1.4s, v30.4s", func(f *file) { f.fmin(31, 1, 30) }},
		{"6ea1f83f", "fsqrt v31.4s, v1.4s", func(f *file) { f.fsqrt(31, 1) }},
		{"4e3fcfc1", "fmla v1.4s, v30.4s, v31.4s", func(f *file) { f.fmla(1, 30, 31) }},
		{"4eb0cdff", "fmls v31.4s, v15.4s, v16.4s", func(f *file) { f.fmls(31, 15, 16) }},
		{"4f9f101f", "fmla v31.4s, v0.4s, v31.s[0]", func(f *file) { f.fmlaBy(31, 0, 31, 0) }},
		{"4fb013e0", "fmla v0.4s, v31.4s, v16.s[1]", func(f *file) { f.fmlaBy(0, 31, 16, 1) }},
		{"4f9f1841", "fmla v1.4s, v2.4s, v31.s[2]", func(f *file) { f.fmlaBy(1, 2, 31, 2) }},
		{"4faf1841", "fmla v1.4s, v2.4s, v15.s[3]", func(f *file) { f.fmlaBy(1, 2, 15, 3) }},
		{"4fbf583e", "fmls v30.4s, v1.4s, v31.s[3]", func(f *file) { f.fmlsBy(30, 1, 31, 3) }},
		{"4fbf903e", "fmul v30.4s, v1.4s, v31.s[1]", func(f *file) { f.fmulBy(30, 1, 31, 1) }},
		{"6ebfe7c1", "fcmgt v1.4s, v30.4s, v31.4s", func(f *file) { f.fcmgt(1, 30, 31) }},
		{"4e3fe7c1", "fcmeq v1.4s, v30.4s, v31.4s", func(f *file) { f.fcmeq(1, 30, 31) }},
		{"4ea0c83f", "fcmgt v31.4s, v1.4s, #0.0", func(f *file) { f.fcmgtZero(31, 1) }},
		{"4e3f1fc1", "and v1.16b, v30.16b, v31.16b", func(f *file) { f.and(1, 30, 31) }},
		{"4e7f1fc1", "bic v1.16b, v30.16b, v31.16b", func(f *file) { f.andNot(1, 30, 31) }},
		{"6e3f1fc1", "eor v1.16b, v30.16b, v31.16b", func(f *file) { f.xor(1, 30, 31) }},
		{"6e7f1fc1", "bsl v1.16b, v30.16b, v31.16b", func(f *file) { f.selectBits(1, 30, 31) }},
		{"4ea11c3f", "mov v31.16b, v1.16b", func(f *file) { f.copy(31, 1) }},
		{"6f00e41f", "movi v31.2d, #0000000000000000", func(f *file) { f.zero(31) }},
		{"4e7fd7c1", "fadd v1.2d, v30.2d, v31.2d", func(f *file) { f.dadd(1, 30, 31) }},
		{"4e7fcfc1", "fmla v1.2d, v30.2d, v31.2d", func(f *file) { f.dfmla(1, 30, 31) }},
		{"4fdf181f", "fmla v31.2d, v0.2d, v31.d[1]", func(f *file) { f.dfmlaBy(31, 0, 31, 1) }},
		{"4fd013e0", "fmla v0.2d, v31.2d, v16.d[0]", func(f *file) { f.dfmlaBy(0, 31, 16, 0) }},
		{"0e61783f", "fcvtl v31.2d, v1.2s", func(f *file) { f.widen(31, 1, false) }},
		{"4e61783f", "fcvtl2 v31.2d, v1.4s", func(f *file) { f.widen(31, 1, true) }},
		{"0e61683f", "fcvtn v31.2s, v1.2d", func(f *file) { f.narrow(31, 1, false) }},
		{"4e61683f", "fcvtn2 v31.4s, v1.2d", func(f *file) { f.narrow(31, 1, true) }},
		{"4ebf1fc1", "orr v1.16b, v30.16b, v31.16b", func(f *file) { f.or(1, 30, 31) }},
		{"4e04043f", "dup v31.4s, v1.s[0]", func(f *file) { f.copyOf(31, 1, 0) }},
		{"4e1c07e1", "dup v1.4s, v31.s[3]", func(f *file) { f.copyOf(1, 31, 3) }},
		{"4e21a83f", "fcvtns v31.4s, v1.4s", func(f *file) { f.toInteger(31, 1) }},
		{"4e218be1", "frintn v1.4s, v31.4s", func(f *file) { f.integral(1, 31) }},
		{"4ebf87c1", "add v1.4s, v30.4s, v31.4s", func(f *file) { f.iadd(1, 30, 31) }},
		{"4ea0a83f", "cmlt v31.4s, v1.4s, #0", func(f *file) { f.negative(31, 1) }},
		{"4f3757e1", "shl v1.4s, v31.4s, #23", func(f *file) { f.toExponent(1, 31) }},
	} {
		if got := words(c.write); len(got) != 1 || got[c.instruction] != c.word {
			t.Errorf("%s: %v, want %s", c.instruction, got, c.word)
		}
	}
}

var encoding = regexp.MustCompile(`encoding: \[0x(..),0x(..),0x(..),0x(..)\]`)

// TestWordsAreTheirInstructions assembles the comment of every word of all kernels with LLVM.
func TestWordsAreTheirInstructions(t *testing.T) {
	assembler, err := exec.LookPath("llvm-mc")
	if err != nil {
		t.Skip("llvm-mc is not installed; TestEncodings has one word of each kind")
	}
	for name, part := range parts {
		all := words(part.generate)
		var instructions []string
		for i := range all {
			instructions = append(instructions, i)
		}
		command := exec.Command(assembler, "-triple=aarch64", "-show-encoding")
		command.Stdin = strings.NewReader(strings.Join(instructions, "\n"))
		var errors bytes.Buffer
		command.Stderr = &errors
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, &errors)
		}
		bytes := encoding.FindAllStringSubmatch(string(out), -1)
		if len(bytes) != len(instructions) {
			t.Fatalf("%s: %d encodings of %d instructions", name, len(bytes), len(instructions))
		}
		for i, b := range bytes {
			if want := b[4] + b[3] + b[2] + b[1]; all[instructions[i]] != want {
				t.Errorf("%s: %s is written as %s, want %s", name, instructions[i], all[instructions[i]], want)
			}
		}
	}
}

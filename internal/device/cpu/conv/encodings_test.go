package conv

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// emitted are the instructions of the generated files that are written as bytes, because Go's assembler lacks them, by
// the comment above them.
func emitted(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	comment := regexp.MustCompile(`^\t// ((?:V|T|LD)[A-Z0-9]+(?: .*)?)$`)
	data := regexp.MustCompile(`^\t(LONG|WORD|BYTE) +\$(0x[0-9a-f]+)$`)
	for _, name := range []string{"bf16_amd64.s", "matrix_amd64.s"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			m := comment.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			var code []byte
			for _, line := range lines[i+1:] {
				d := data.FindStringSubmatch(line)
				if d == nil {
					break
				}
				v, err := strconv.ParseUint(d[2], 0, 32)
				if err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				size := map[string]int{"LONG": 4, "WORD": 2, "BYTE": 1}[d[1]]
				code = append(code, binary.LittleEndian.AppendUint32(nil, uint32(v))[:size]...)
			}
			if old, ok := all[m[1]]; ok && !bytes.Equal(old, code) || len(code) == 0 {
				t.Fatalf("%s, line %d: %s is %x, and elsewhere %x", name, i+1, m[1], code, old)
			}
			all[m[1]] = code
		}
	}
	return all
}

// TestBytesOfInstructions compares one of each kind with what LLVM's assembler writes.
func TestBytesOfInstructions(t *testing.T) {
	all := emitted(t)
	for instruction, want := range map[string]string{
		"LDTILECFG (AX)":                    "c4e2784900",
		"TILERELEASE":                       "c4e27849c0",
		"TILEZERO TMM5":                     "c4e27b49e8",
		"TILELOADD 1024(R9)(R14*1), TMM6":   "c4827b4bb43100040000",
		"TILELOADD 64(AX)(R14*1), TMM7":     "c4a27b4bbc3040000000",
		"TILESTORED TMM3, 1024(R11)(R14*1)": "c4827a4b9c3300040000",
		"TDPBF16PS TMM6, TMM7, TMM0":        "c4e24a5cc7",
		"VCVTNE2PS2BF16 Z0, Z1, Z0":         "62f2774872c0",
		"VCVTNE2PS2BF16 Z15, Z19, Z15":      "6252674072ff",
		"VCVTNEPS2BF16 Z8, Y8":              "62527e4872c0",
		"VDPBF16PS (SI), Z24, Z0":           "62f23e50528600000000",
		"VDPBF16PS 32(SI), Z24, Z1":         "62f23e50528e20000000",
	} {
		if got := hex.EncodeToString(all[instruction]); got != want {
			t.Errorf("%s is %q, want %q", instruction, got, want)
		}
	}
}

// TestBytesAreTheirInstructions assembles the comments of all instructions that are written as bytes with LLVM.
func TestBytesAreTheirInstructions(t *testing.T) {
	assembler, err := exec.LookPath("llvm-mc")
	if err != nil {
		t.Skip("llvm-mc is not installed; TestBytesOfInstructions has one of each kind")
	}
	register := regexp.MustCompile(`\b(?:TMM\d|[ZY]\d+|R\d+|[ABCD]X|[SD]I)\b`)
	names := strings.NewReplacer("z", "zmm", "y", "ymm")
	var source strings.Builder
	var instructions []string
	all := emitted(t)
	for instruction := range all {
		instructions = append(instructions, instruction)
		name, operands, _ := strings.Cut(instruction, " ")
		operands = strings.ReplaceAll(operands, ")(R14*1)", ", R14)")
		operands = register.ReplaceAllStringFunc(operands, func(r string) string {
			r = strings.ToLower(r)
			switch {
			case r[0] == 'z' || r[0] == 'y':
				return "%" + names.Replace(r)
			case r[0] == 't' || r[0] == 'r':
				return "%" + r
			}
			return "%r" + r
		})
		if strings.Contains(operands, "(") && name != "LDTILECFG" {
			name = "{disp32} " + name // distances are always of 32 bits
		}
		if name == "{disp32} VDPBF16PS" {
			operands = strings.Replace(operands, ")", "){1to16}", 1)
		}
		source.WriteString(strings.ToLower(name) + " " + operands + "\n")
	}
	command := exec.Command(assembler, "-triple=x86_64", "-show-encoding",
		"-mattr=+avx512bf16,+avx512vl,+amx-tile,+amx-bf16")
	command.Stdin = strings.NewReader(source.String())
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	var codes []string
	for _, m := range regexp.MustCompile(`encoding: \[(.*)\]`).FindAllStringSubmatch(string(out), -1) {
		codes = append(codes, strings.NewReplacer("0x", "", ",", "").Replace(m[1]))
	}
	if len(codes) != len(instructions) {
		t.Fatalf("%d encodings of %d instructions", len(codes), len(instructions))
	}
	for i, code := range codes {
		if got := hex.EncodeToString(all[instructions[i]]); got != code {
			t.Errorf("%s is %s, want %s", instructions[i], got, code)
		}
	}
	t.Logf("%d instructions", len(codes))
}

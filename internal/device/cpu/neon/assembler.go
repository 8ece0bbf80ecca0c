package main

import (
	"fmt"
	"go/format"
	"os"
	"strings"
)

const (
	lanes  = 16 // channels of a pixel in memory
	half   = 8  // of a map of few channels
	quad   = 4  // floats of a vector
	vector = 16 // bytes of a vector
)

// A vec is one of the 32 vector registers.
type vec int

// A gp is one of the general registers. R16 to R18 and R26 to R30 belong to the linker, the system and Go.
type gp int

func (r gp) String() string { return fmt.Sprintf("R%d", int(r)) }

// args is the register of the pointer to a kernel's arguments.
const args gp = 0

// A file collects assembly and the Go side of it.
type file struct {
	pkg                        string
	text, declarations, tables strings.Builder
	labels                     int
}

// begin starts a function that takes a pointer to an argument structure, with a frame of some bytes.
func (f *file) begin(name, structure string, frame int) {
	fmt.Fprintf(&f.declarations, "//go:noescape\nfunc %s(a *%s)\n\n", name, structure)
	fmt.Fprintf(&f.text, "\nTEXT ·%s(SB), NOSPLIT, $%d-8\n", name, frame)
	f.op("MOVD a+0(FP), %v", args)
}

// op adds an instruction of Go's assembler.
func (f *file) op(form string, operands ...any) { fmt.Fprintf(&f.text, "\t"+form+"\n", operands...) }

// word adds an instruction by its encoding.
func (f *file) word(encoding uint32, form string, operands ...any) {
	fmt.Fprintf(&f.text, "\tWORD $0x%08x // %s\n", encoding, fmt.Sprintf(form, operands...))
}

// label returns a new label.
func (f *file) label(name string) string {
	f.labels++
	return fmt.Sprintf("%s%d", name, f.labels)
}

func (f *file) mark(label string) { fmt.Fprintf(&f.text, "%s:\n", label) }

func (f *file) end() { f.op("RET") }

// field loads the i-th word of the argument structure.
func (f *file) field(i int, to gp) { f.op("MOVD %d(%v), %v", 8*i, args, to) }

// move copies a register.
func (f *file) move(from, to gp) { f.op("MOVD %v, %v", from, to) }

// advance adds a constant to a register.
func (f *file) advance(by int, r gp) {
	if by != 0 {
		f.op("ADD $%d, %v, %v", by, r, r)
	}
}

// add adds a register to another.
func (f *file) add(by, to gp) { f.op("ADD %v, %v, %v", by, to, to) }

// count repeats body as long as at least n remain of the number in r, for each n in turn; the last n must be 1.
func (f *file) count(r gp, steps []int, body func(n int)) {
	for _, n := range steps {
		again, rest := f.label("next"), f.label("rest")
		f.op("SUBS $%d, %v, %v", n, r, r)
		f.op("BLT %s", rest)
		f.mark(again)
		body(n)
		f.op("SUBS $%d, %v, %v", n, r, r)
		f.op("BGE %s", again)
		f.mark(rest)
		if n > 1 {
			f.op("ADD $%d, %v, %v", n, r, r)
		}
	}
}

// repeat runs body as often as the number in r, at least once.
func (f *file) repeat(r gp, body func()) {
	again := f.label("again")
	f.mark(again)
	body()
	f.op("SUBS $1, %v, %v", r, r)
	f.op("BNE %s", again)
}

// load reads a vector.
func (f *file) load(base gp, disp int, to vec) { f.op("FMOVQ %d(%v), F%d", disp, base, to) }

// loadPart reads the first n = 1, 2 or 4 floats of a vector and clears the others.
func (f *file) loadPart(n int, base gp, disp int, to vec) {
	f.op("%s %d(%v), F%d", map[int]string{1: "FMOVS", 2: "FMOVD", 4: "FMOVQ"}[n], disp, base, to)
}

// loadPair reads two vectors.
func (f *file) loadPair(base gp, disp int, to, next vec) {
	f.op("FLDPQ %d(%v), (F%d, F%d)", disp, base, to, next)
}

// store writes a vector.
func (f *file) store(from vec, base gp, disp int) { f.op("FMOVQ F%d, %d(%v)", from, disp, base) }

// storePair writes two vectors.
func (f *file) storePair(from, next vec, base gp, disp int) {
	f.op("FSTPQ (F%d, F%d), %d(%v)", from, next, disp, base)
}

// three writes an instruction of two source registers and a result.
func (f *file) three(encoding uint32, name, shape string, d, n, m vec) {
	f.word(encoding|uint32(m)<<16|uint32(n)<<5|uint32(d),
		"%s v%d.%s, v%d.%s, v%d.%s", name, d, shape, n, shape, m, shape)
}

// two writes an instruction of one source register and a result.
func (f *file) two(encoding uint32, name, to, from string, d, n vec) {
	f.word(encoding|uint32(n)<<5|uint32(d), "%s v%d.%s, v%d.%s", name, d, to, n, from)
}

// element writes an instruction on four floats whose second source is float i of a register.
func (f *file) element(encoding uint32, name string, d, n, m vec, i int) {
	f.word(encoding|uint32(i&1)<<21|uint32(i>>1)<<11|uint32(m)<<16|uint32(n)<<5|uint32(d),
		"%s v%d.4s, v%d.4s, v%d.s[%d]", name, d, n, m, i)
}

// Arithmetic on four floats: the result comes first, as in Arm's notation.
func (f *file) fadd(d, n, m vec) { f.three(0x4e20d400, "fadd", "4s", d, n, m) }
func (f *file) fsub(d, n, m vec) { f.three(0x4ea0d400, "fsub", "4s", d, n, m) }
func (f *file) fmul(d, n, m vec) { f.three(0x6e20dc00, "fmul", "4s", d, n, m) }
func (f *file) fdiv(d, n, m vec) { f.three(0x6e20fc00, "fdiv", "4s", d, n, m) }
func (f *file) fmax(d, n, m vec) { f.three(0x4e20f400, "fmax", "4s", d, n, m) } // NaN stays NaN
func (f *file) fmin(d, n, m vec) { f.three(0x4ea0f400, "fmin", "4s", d, n, m) } // the same
func (f *file) fsqrt(d, n vec)   { f.two(0x6ea1f800, "fsqrt", "4s", "4s", d, n) }

// fmla is d += n·m, fmls d −= n·m, each rounded once.
func (f *file) fmla(d, n, m vec) { f.three(0x4e20cc00, "fmla", "4s", d, n, m) }
func (f *file) fmls(d, n, m vec) { f.three(0x4ea0cc00, "fmls", "4s", d, n, m) }

// The same with float i of m.
func (f *file) fmlaBy(d, n, m vec, i int) { f.element(0x4f801000, "fmla", d, n, m, i) }
func (f *file) fmlsBy(d, n, m vec, i int) { f.element(0x4f805000, "fmls", d, n, m, i) }
func (f *file) fmulBy(d, n, m vec, i int) { f.element(0x4f809000, "fmul", d, n, m, i) }

// Comparisons give all ones or zeros, for the logical instructions.
func (f *file) fcmgt(d, n, m vec) { f.three(0x6ea0e400, "fcmgt", "4s", d, n, m) }
func (f *file) fcmeq(d, n, m vec) { f.three(0x4e20e400, "fcmeq", "4s", d, n, m) }
func (f *file) fcmgtZero(d, n vec) {
	f.word(0x4ea0c800|uint32(n)<<5|uint32(d), "fcmgt v%d.4s, v%d.4s, #0.0", d, n)
}
func (f *file) and(d, n, m vec)    { f.three(0x4e201c00, "and", "16b", d, n, m) }
func (f *file) or(d, n, m vec)     { f.three(0x4ea01c00, "orr", "16b", d, n, m) }
func (f *file) andNot(d, n, m vec) { f.three(0x4e601c00, "bic", "16b", d, n, m) }
func (f *file) xor(d, n, m vec)    { f.three(0x6e201c00, "eor", "16b", d, n, m) }

// selectBits takes bits of n where d has ones, and of m elsewhere.
func (f *file) selectBits(d, n, m vec) { f.three(0x6e601c00, "bsl", "16b", d, n, m) }

// copy is d = n.
func (f *file) copy(d, n vec) {
	f.word(0x4ea01c00|uint32(n)<<16|uint32(n)<<5|uint32(d), "mov v%d.16b, v%d.16b", d, n)
}

// copyOf is four times float i of n.
func (f *file) copyOf(d, n vec, i int) {
	f.word(0x4e040400|uint32(i)<<19|uint32(n)<<5|uint32(d), "dup v%d.4s, v%d.s[%d]", d, n, i)
}

// toInteger rounds to the nearest integer, the even one of two; integral gives the same as floats.
func (f *file) toInteger(d, n vec) { f.two(0x4e21a800, "fcvtns", "4s", "4s", d, n) }
func (f *file) integral(d, n vec)  { f.two(0x4e218800, "frintn", "4s", "4s", d, n) }

// Arithmetic on four integers of 32 bits, and all ones where one is negative.
func (f *file) iadd(d, n, m vec) { f.three(0x4ea08400, "add", "4s", d, n, m) }

func (f *file) negative(d, n vec) {
	f.word(0x4ea0a800|uint32(n)<<5|uint32(d), "cmlt v%d.4s, v%d.4s, #0", d, n)
}

func (f *file) toExponent(d, n vec) {
	f.word(0x4f375400|uint32(n)<<5|uint32(d), "shl v%d.4s, v%d.4s, #23", d, n)
}

// zero is d = 0.
func (f *file) zero(d vec) { f.word(0x6f00e400|uint32(d), "movi v%d.2d, #0000000000000000", d) }

// Arithmetic on two float64.
func (f *file) dadd(d, n, m vec)  { f.three(0x4e60d400, "fadd", "2d", d, n, m) }
func (f *file) dfmla(d, n, m vec) { f.three(0x4e60cc00, "fmla", "2d", d, n, m) }
func (f *file) dfmlaBy(d, n, m vec, i int) {
	f.word(0x4fc01000|uint32(i)<<11|uint32(m)<<16|uint32(n)<<5|uint32(d),
		"fmla v%d.2d, v%d.2d, v%d.d[%d]", d, n, m, i)
}

// widen converts the lower or upper two of four floats to float64, narrow two float64 back to the lower or upper two.
func (f *file) widen(d, n vec, upper bool) {
	if upper {
		f.two(0x4e617800, "fcvtl2", "2d", "4s", d, n)
		return
	}
	f.two(0x0e617800, "fcvtl", "2d", "2s", d, n)
}

func (f *file) narrow(d, n vec, upper bool) {
	if upper {
		f.two(0x4e616800, "fcvtn2", "4s", "2d", d, n)
		return
	}
	f.two(0x0e616800, "fcvtn", "2s", "2d", d, n)
}

// write writes the assembly and the Go file.
func (f *file) write(path string) error {
	const header = "// Code generated by command neon; DO NOT EDIT.\n\n"
	text := header + "#include \"textflag.h\"\n" + f.text.String()
	if err := os.WriteFile(path+".s", []byte(text), 0o644); err != nil {
		return err
	}
	declarations := header + "package " + f.pkg + "\n\n" + f.tables.String() + "\n" + f.declarations.String()
	src, err := format.Source([]byte(declarations))
	if err != nil {
		return fmt.Errorf("format %s.go: %w", path, err)
	}
	return os.WriteFile(path+".go", src, 0o644)
}

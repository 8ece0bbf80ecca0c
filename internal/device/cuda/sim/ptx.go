package sim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A kernel is one .entry of a PTX module, compiled to steps.
type kernel struct {
	name      string
	params    int            // bytes of its parameters
	shared    map[string]int // byte offsets of its shared variables
	sharedLen int            // bytes of shared memory
	threads   int            // of .maxntid; 0 if there is none
	registers int            // slots, constants included
	constants map[int]uint64 // slots that hold an immediate value
	special   map[int]string // slots that hold a special register such as %tid.x
	steps     []step
	together  bool   // an instruction needs the lanes of a warp in step
	block     *block // reused between launches for its memory
}

// A step is one instruction, ready to run on the lanes of a group that are at it.
type step struct {
	source string
	line   int
	guard  int // slot of the predicate, −1 for none
	negate bool
	kind   stepKind
	target int                      // of a branch
	run    func(g *group, on []int) // of plain and matrix instructions; `on` are the active lanes
}

type stepKind int

const (
	plainStep stepKind = iota
	matrixStep
	branchStep
	returnStep
	barrierStep
)

var (
	entryPattern  = regexp.MustCompile(`^\.(?:visible|weak)\s+\.entry\s+([\w$]+)\s*\(`)
	paramPattern  = regexp.MustCompile(`^\.param\s+\.align\s+\d+\s+\.b8\s+([\w$]+)\[(\d+)\]`)
	sharedPattern = regexp.MustCompile(
		`^(?:\.weak\s+|\.visible\s+)?\.shared\s+\.align\s+(\d+)\s+\.b8\s+([\w$]+)\[(\d+)\]`)
	registerPattern = regexp.MustCompile(`^\.reg\s+\.\w+\s+`)
	labelPattern    = regexp.MustCompile(`^([\w$]+):$`)
	guardPattern    = regexp.MustCompile(`^@(!?)(%\w+)\s+(.*)$`)
)

// A sharedVariable belongs to the module until a kernel names it.
type sharedVariable struct{ align, size int }

// parse parses a module as clang writes it: one statement a line.
func parse(ptx string) (map[string]*kernel, error) {
	kernels := map[string]*kernel{}
	shared := map[string]sharedVariable{}
	var c *compiler
	for i, raw := range strings.Split(ptx, "\n") {
		line := raw
		if at := strings.Index(line, "//"); at >= 0 {
			line = line[:at]
		}
		line = strings.TrimSuffix(strings.TrimSpace(line), ";")
		if line == "" || line == "{" || line == ")" || registerPattern.MatchString(line) {
			continue
		}
		if m := entryPattern.FindStringSubmatch(line); m != nil {
			c = newCompiler(m[1], shared)
			kernels[m[1]] = c.kernel
			continue
		}
		if m := sharedPattern.FindStringSubmatch(line); m != nil {
			align, _ := strconv.Atoi(m[1])
			size, _ := strconv.Atoi(m[3])
			shared[m[2]] = sharedVariable{align, size}
			continue
		}
		if c == nil { // .version, .target, .address_size
			continue
		}
		if m := paramPattern.FindStringSubmatch(line); m != nil {
			c.kernel.params, _ = strconv.Atoi(m[2])
			c.param = m[1]
			continue
		}
		if rest, found := strings.CutPrefix(line, ".maxntid"); found {
			c.kernel.threads, _ = strconv.Atoi(strings.TrimSpace(strings.Split(rest, ",")[0]))
			continue
		}
		if line == "}" {
			if err := c.finish(); err != nil {
				return nil, fmt.Errorf("kernel %s: %w", c.kernel.name, err)
			}
			c = nil
			continue
		}
		if strings.HasPrefix(line, ".pragma") || strings.HasPrefix(line, ".loc") {
			continue
		}
		if m := labelPattern.FindStringSubmatch(line); m != nil {
			c.labels[m[1]] = len(c.kernel.steps)
			continue
		}
		if err := c.instruction(line, i+1); err != nil {
			return nil, fmt.Errorf("kernel %s, line %d: %s: %w", c.kernel.name, i+1, line, err)
		}
	}
	return kernels, nil
}

// A compiler converts the instructions of one kernel into steps. Registers, immediate values and special registers
// all become slots, so that a step need not distinguish its operands.
type compiler struct {
	kernel  *kernel
	param   string // the name of the parameter block
	module  map[string]sharedVariable
	slots   map[string]int
	labels  map[string]int
	targets map[int]string // steps that branch to a label
}

func newCompiler(name string, module map[string]sharedVariable) *compiler {
	return &compiler{
		kernel:  &kernel{name: name, shared: map[string]int{}, constants: map[int]uint64{}, special: map[int]string{}},
		module:  module,
		slots:   map[string]int{},
		labels:  map[string]int{},
		targets: map[int]string{},
	}
}

func (c *compiler) finish() error {
	for at, label := range c.targets {
		target, found := c.labels[label]
		if !found {
			return fmt.Errorf("no label %s", label)
		}
		c.kernel.steps[at].target = target
	}
	c.kernel.registers = len(c.slots)
	return nil
}

// slot returns the slot of an operand: a register, an immediate value of the given type, a special register or the
// address of a variable.
func (c *compiler) slot(operand, kind string) (int, error) {
	key := operand
	if !strings.HasPrefix(operand, "%") {
		key = kind + " " + operand
	}
	if at, found := c.slots[key]; found {
		return at, nil
	}
	at := len(c.slots)
	switch {
	case strings.HasPrefix(operand, "%") && strings.Contains(operand, "."):
		c.kernel.special[at] = operand
	case strings.HasPrefix(operand, "%"):
	case operand == c.param:
		c.kernel.constants[at] = 0
	default:
		value, err := c.constant(operand, kind)
		if err != nil {
			return 0, err
		}
		c.kernel.constants[at] = value
	}
	c.slots[key] = at
	return at, nil
}

func (c *compiler) constant(operand, kind string) (uint64, error) {
	if hex, found := strings.CutPrefix(operand, "0f"); found {
		return strconv.ParseUint(hex, 16, 32)
	}
	if offset, found := c.kernel.shared[operand]; found {
		return uint64(offset), nil
	}
	if v, found := c.module[operand]; found {
		offset := (c.kernel.sharedLen + v.align - 1) / v.align * v.align
		c.kernel.shared[operand] = offset
		c.kernel.sharedLen = offset + v.size
		return uint64(offset), nil
	}
	value, err := strconv.ParseInt(operand, 0, 64)
	if err != nil {
		unsigned, err := strconv.ParseUint(operand, 0, 64)
		if err != nil {
			return 0, fmt.Errorf("unknown operand %q", operand)
		}
		value = int64(unsigned)
	}
	return truncate(uint64(value), width(kind)), nil
}

// width returns the number of bits of a PTX type such as "s32" or "pred".
func width(kind string) int {
	if kind == "pred" {
		return 1
	}
	n, _ := strconv.Atoi(strings.TrimLeft(kind, "busft"))
	return n
}

func truncate(v uint64, bits int) uint64 {
	if bits >= 64 {
		return v
	}
	return v & (1<<bits - 1)
}

package sim

import (
	"fmt"
	"strconv"
	"strings"
)

// instruction compiles one line such as "@%p1 add.s32 %r1, %r2, 8".
func (c *compiler) instruction(line string, number int) error {
	s := step{source: line, line: number, guard: -1}
	if m := guardPattern.FindStringSubmatch(line); m != nil {
		guard, err := c.slot(m[2], "pred")
		if err != nil {
			return err
		}
		s.guard, s.negate, line = guard, m[1] == "!", m[3]
	}
	mnemonic, rest, _ := strings.Cut(strings.Replace(line, "\t", " ", 1), " ")
	operands := splitOperands(rest)
	parts := strings.Split(mnemonic, ".")
	switch parts[0] {
	case "bra":
		s.kind = branchStep
		c.targets[len(c.kernel.steps)] = operands[0]
	case "ret", "exit":
		s.kind = returnStep
	case "bar", "barrier":
		s.kind = barrierStep
	default:
		run, err := c.plain(parts, operands)
		if err != nil {
			return err
		}
		s.run = run
		if parts[0] == "mma" {
			s.kind = matrixStep
		}
	}
	c.kernel.steps = append(c.kernel.steps, s)
	return nil
}

// splitOperands splits at commas outside braces and brackets.
func splitOperands(text string) []string {
	var operands []string
	depth, start := 0, 0
	for i, r := range text {
		switch r {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				operands = append(operands, strings.TrimSpace(text[start:i]))
				start = i + 1
			}
		}
	}
	if last := strings.TrimSpace(text[start:]); last != "" {
		operands = append(operands, last)
	}
	return operands
}

// places compiles operands of one type.
func (c *compiler) places(operands []string, kind string) ([]int, error) {
	slots := make([]int, len(operands))
	for i, operand := range operands {
		at, err := c.slot(operand, kind)
		if err != nil {
			return nil, err
		}
		slots[i] = at * lanes
	}
	return slots, nil
}

func (c *compiler) plain(parts, operands []string) (func(*group, []int), error) {
	kind := parts[len(parts)-1]
	switch mnemonic := strings.Join(parts, "."); mnemonic {
	case "setp.lt.s32", "cvt.s64.s32":
		p, err := c.places(operands, kind)
		return frequent(mnemonic, p), err
	}
	switch parts[0] {
	case "ld", "st":
		return c.access(parts, operands)
	case "atom":
		return c.atomic(parts, operands)
	case "setp":
		return c.compare(parts[1], kind, operands)
	case "cvt":
		return c.convert(parts, operands)
	case "selp":
		p, err := c.places(operands[:3], kind)
		if err != nil {
			return nil, err
		}
		condition, err := c.places(operands[3:], "pred")
		if err != nil {
			return nil, err
		}
		d, a, b, q := p[0], p[1], p[2], condition[0]
		return func(g *group, on []int) {
			r := g.registers
			for _, l := range on {
				if r[q+l] != 0 {
					r[d+l] = r[a+l]
				} else {
					r[d+l] = r[b+l]
				}
			}
		}, nil
	case "mma":
		return c.matrix(parts, operands)
	}
	p, err := c.places(operands, kind)
	if err != nil {
		return nil, err
	}
	if run := frequent(strings.Join(parts, "."), p); run != nil {
		return run, nil
	}
	name := parts[0]
	if name == "mul" || name == "mad" {
		name += "." + parts[1]
	}
	switch len(p) {
	case 2:
		f := unary(name, kind)
		if f == nil {
			break
		}
		d, a := p[0], p[1]
		return func(g *group, on []int) {
			r := g.registers
			for _, l := range on {
				r[d+l] = f(r[a+l])
			}
		}, nil
	case 3:
		f := binary(name, kind)
		if f == nil {
			break
		}
		d, a, b := p[0], p[1], p[2]
		return func(g *group, on []int) {
			r := g.registers
			for _, l := range on {
				r[d+l] = f(r[a+l], r[b+l])
			}
		}, nil
	case 4:
		f := ternary(name, kind)
		if f == nil {
			break
		}
		d, a, b, e := p[0], p[1], p[2], p[3]
		return func(g *group, on []int) {
			r := g.registers
			for _, l := range on {
				r[d+l] = f(r[a+l], r[b+l], r[e+l])
			}
		}, nil
	}
	return nil, fmt.Errorf("unknown instruction %s", strings.Join(parts, "."))
}

// compare compiles setp.
func (c *compiler) compare(relation, kind string, operands []string) (func(*group, []int), error) {
	p, err := c.places(operands, kind)
	if err != nil {
		return nil, err
	}
	holds := comparison(relation, kind)
	if holds == nil {
		return nil, fmt.Errorf("unknown comparison %s.%s", relation, kind)
	}
	d, a, b := p[0], p[1], p[2]
	return func(g *group, on []int) {
		r := g.registers
		for _, l := range on {
			r[d+l] = 0
			if holds(r[a+l], r[b+l]) {
				r[d+l] = 1
			}
		}
	}, nil
}

// convert compiles cvt.[rounding.]to.from.
func (c *compiler) convert(parts, operands []string) (func(*group, []int), error) {
	to, from := parts[len(parts)-2], parts[len(parts)-1]
	f := conversion(strings.Join(parts[1:len(parts)-2], "."), to, from)
	if f == nil {
		return nil, fmt.Errorf("unknown conversion %s", strings.Join(parts, "."))
	}
	p, err := c.places(operands, from)
	if err != nil {
		return nil, err
	}
	d, a := p[0], p[1]
	return func(g *group, on []int) {
		r := g.registers
		for _, l := range on {
			r[d+l] = f(r[a+l])
		}
	}, nil
}

// access compiles ld and st: to and from param, shared and global memory, of 1, 2 or 4 words or 64-bit values.
func (c *compiler) access(parts, operands []string) (func(*group, []int), error) {
	kind, space, count := parts[len(parts)-1], "", 1
	for _, part := range parts[1 : len(parts)-1] {
		switch part {
		case "param", "shared", "global":
			space = part
		case "v2":
			count = 2
		case "v4":
			count = 4
		case "nc", "volatile", "weak":
		default:
			return nil, fmt.Errorf("unknown modifier %s", part)
		}
	}
	if space == "" {
		return nil, fmt.Errorf("generic addresses are not supported")
	}
	words := width(kind) / 32
	if words == 0 {
		return nil, fmt.Errorf("values of %d bits are not supported", width(kind))
	}
	store := parts[0] == "st"
	value, address := operands[0], operands[1]
	if store {
		value, address = address, value
	}
	values, err := c.places(splitOperands(strings.Trim(value, "{}")), kind)
	if err != nil {
		return nil, err
	}
	if len(values) != count {
		return nil, fmt.Errorf("%d values for a vector of %d", len(values), count)
	}
	base, offset, err := c.address(address)
	if err != nil {
		return nil, err
	}
	a := access{
		base: base, offset: offset, values: values, words: words, bytes: uint64(4 * words * count),
		store: store,
	}
	switch space {
	case "param":
		return a.param, nil
	case "shared":
		return a.shared, nil
	}
	return a.global, nil
}

// address compiles "[base+offset]".
func (c *compiler) address(text string) (slot int, offset uint64, err error) {
	base, displacement, found := strings.Cut(strings.Trim(text, "[]"), "+")
	if found {
		n, err := strconv.ParseInt(displacement, 0, 64)
		if err != nil {
			return 0, 0, err
		}
		offset = uint64(n)
	}
	at, err := c.slot(base, "u64")
	return at * lanes, offset, err
}

package sim

import (
	"fmt"
	"math"
	"strings"
)

// roundTF32 rounds to the 10 bits of mantissa that tensor cores read, halves away from zero.
func roundTF32(v float32) float32 {
	if v != v || math.IsInf(float64(v), 0) {
		return v
	}
	return math.Float32frombits((math.Float32bits(v) + 1<<12) &^ (1<<13 - 1))
}

// truncateTF32 does what tensor cores do to an operand that was not rounded.
func truncateTF32(v uint64) float64 { return float64(float(v &^ (1<<13 - 1))) }

const tf32Matrix = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"

// matrix compiles the one matrix instruction that the kernels use: D[16, 8] = A[16, 8]·B[8, 8] + C[16, 8], each
// matrix distributed over the 32 lanes of a warp as shown in the PTX manual.
func (c *compiler) matrix(parts, operands []string) (func(*group, []int), error) {
	if strings.Join(parts, ".") != tf32Matrix || len(operands) != 4 {
		return nil, fmt.Errorf("only %s is supported", tf32Matrix)
	}
	c.kernel.together = true
	var p [4][]int
	for i, operand := range operands {
		slots, err := c.places(splitOperands(strings.Trim(operand, "{}")), "b32")
		if err != nil {
			return nil, err
		}
		p[i] = slots
	}
	d, a, b, e := p[0], p[1], p[2], p[3]
	return func(g *group, _ []int) {
		r := g.registers
		var left [16][8]float64
		var right [8][8]float64
		for l := range lanes {
			row, column := l/4, l%4
			left[row][column] = truncateTF32(r[a[0]+l])
			left[row+8][column] = truncateTF32(r[a[1]+l])
			left[row][column+4] = truncateTF32(r[a[2]+l])
			left[row+8][column+4] = truncateTF32(r[a[3]+l])
			right[column][row] = truncateTF32(r[b[0]+l])
			right[column+4][row] = truncateTF32(r[b[1]+l])
		}
		for l := range lanes {
			for i := range 4 {
				row, column := l/4+i/2*8, l%4*2+i%2
				sum := float64(float(r[e[i]+l]))
				for k := range 8 {
					sum += left[row][k] * right[k][column]
				}
				r[d[i]+l] = word(float32(sum))
			}
		}
	}, nil
}

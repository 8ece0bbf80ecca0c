package device

// A Call is one kernel call: what to compute, with which tensors. Each kind of call is a struct of package calls that declares its operands
// and traits and defines its result; a nil tensor is an operand that is not there.
type Call interface {
	// Name is the operator's name in profiles: "conv 3x3", "max-pool".
	Name() string
	// Operands lists the tensors of the call, inputs before outputs.
	Operands() []Operand
	// Traits says what planning needs to know beyond the operands.
	Traits() Traits
	// Definition computes the call in plain Go, over row-major values. It is what every kernel is checked against, and what a device
	// runs that has no kernel for the call.
	Definition() Definition
}

// An Operand is one tensor of a call and what the call does with it.
type Operand struct {
	// Field is the call's own field, so that a planner can bind it to another tensor. It may hold nil.
	Field **Tensor
	Use   Use
	// InPlace says that the call's first output may take this input's memory, because each element is read before the same element of the
	// output is written.
	InPlace bool
	// Late marks an input of a gradient, or of what may be recomputed for one: a result of the forward pass that is read long after it was
	// computed, so that recomputing it saves memory.
	Late bool
}

// Use says whether a call reads or writes an operand.
type Use int

// An operand that is updated in place is both read and written.
const (
	Read Use = 1 << iota
	Write
	Update = Read | Write
)

// Input, LateInput, Donor, Output and Updated are the operands that calls have; a donor is an input whose memory the first output may take.
func Input(field **Tensor) Operand     { return Operand{Field: field, Use: Read} }
func LateInput(field **Tensor) Operand { return Operand{Field: field, Use: Read, Late: true} }
func Donor(field **Tensor) Operand     { return Operand{Field: field, Use: Read, InPlace: true} }
func Output(field **Tensor) Operand    { return Operand{Field: field, Use: Write} }
func Updated(field **Tensor) Operand   { return Operand{Field: field, Use: Update} }

// Traits are what planning needs to know of a call.
type Traits struct {
	// FLOPs counts the multiplications and additions of convolutions, as a direct convolution does them; 0 for other calls.
	FLOPs float64
	// MemoryBound says that the call costs little more than the memory it passes over, so that computing it again can be cheaper than
	// keeping its result.
	MemoryBound bool
	// Reach is how far the call looks in its maps. The zero value means: over the whole map.
	Reach Reach
	// Backward marks the call with which the gradients begin: that of a loss with respect to what the network computed.
	Backward bool
}

// A Reach is how far a call looks from each pixel of its result, in pixels of its input, and how it changes the size of a map. The zero
// value says that each pixel may depend on the whole map, so that an image cannot be computed in tiles.
type Reach struct {
	Radius       int
	Shrink, Grow int // factors of height and width; 1 where the size stays
}

// Within is the reach of a call that keeps the size of a map and looks at most radius pixels far.
func Within(radius int) Reach { return Reach{Radius: radius, Shrink: 1, Grow: 1} }

// Known reports whether the reach is bounded.
func (r Reach) Known() bool { return r.Shrink > 0 && r.Grow > 0 }

// Reads lists the tensors that a call reads, in the order of its operands.
func Reads(c Call) []*Tensor { return tensors(c, func(o Operand) bool { return o.Use&Read != 0 }) }

// Writes lists the tensors that a call writes, in the order of its operands.
func Writes(c Call) []*Tensor { return tensors(c, func(o Operand) bool { return o.Use&Write != 0 }) }

// Donors lists the inputs whose memory the first output may take.
func Donors(c Call) []*Tensor { return tensors(c, func(o Operand) bool { return o.InPlace }) }

func tensors(c Call, which func(Operand) bool) []*Tensor {
	var out []*Tensor
	for _, o := range c.Operands() {
		if *o.Field != nil && which(o) {
			out = append(out, *o.Field)
		}
	}
	return out
}

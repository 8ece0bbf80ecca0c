package device

// A Call is one kernel call: what to compute, with which tensors. Each kind of call is a struct of package calls that
// declares its operands and traits and defines its result. A nil tensor is an absent operand.
type Call interface {
	// Name is the operator's name in profiles: "conv 3x3", "max-pool".
	Name() string
	// Operands lists the tensors of the call, inputs before outputs.
	Operands() []Operand
	// Traits returns what planning needs to know beyond the operands.
	Traits() Traits
	// Definition computes the call in plain Go, over row-major values. Every kernel is checked against it, and
	// devices without a kernel for the call run it.
	Definition() Definition
}

// An Operand is one tensor of a call and what the call does with it.
type Operand struct {
	// Field is the call's own field, so that a planner can bind it to another tensor. It may hold nil.
	Field **Tensor
	Use   Use
	// InPlace is set if the call's first output may overwrite this input, because each element is read before the
	// same element of the output is written.
	InPlace bool
	// Late is set for an input of a gradient, or of a call that may be recomputed for one: a result of the forward
	// pass that is read long after it was computed, so that recomputing it saves memory.
	Late bool
}

// Use is whether a call reads or writes an operand.
type Use int

// An operand that is updated in place is both read and written.
const (
	Read Use = 1 << iota
	Write
	Update = Read | Write
)

// Input returns an operand that a call reads.
func Input(field **Tensor) Operand { return Operand{Field: field, Use: Read} }

// LateInput returns an operand that a call reads long after it was computed; see [Operand.Late].
func LateInput(field **Tensor) Operand { return Operand{Field: field, Use: Read, Late: true} }

// Donor returns an operand that a call reads and that its first output may overwrite.
func Donor(field **Tensor) Operand { return Operand{Field: field, Use: Read, InPlace: true} }

// Output returns an operand that a call writes.
func Output(field **Tensor) Operand { return Operand{Field: field, Use: Write} }

// Updated returns an operand that a call reads and writes.
func Updated(field **Tensor) Operand { return Operand{Field: field, Use: Update} }

// Traits are what planning needs to know of a call.
type Traits struct {
	// FLOPs is the number of multiplications and additions of a convolution by the direct method; 0 for other calls.
	FLOPs float64
	// MemoryBound is set if the call costs little more than the memory traffic of its operands, so that recomputing
	// its result can be cheaper than storing it.
	MemoryBound bool
	// Reach is how far the call looks in its maps. The zero value means the whole map.
	Reach Reach
	// Backward marks the call that begins the backward pass: the gradient of a loss with respect to the network's
	// output.
	Backward bool
}

// A Reach is how far a call looks from each pixel of its result, in pixels of its input, and how it changes the size
// of a map. The zero value means that each pixel may depend on the whole map, so that an image cannot be computed in
// tiles.
type Reach struct {
	Radius       int
	Shrink, Grow int // factors of height and width; 1 where the size stays
}

// Within returns the reach of a call that keeps the size of a map and looks at most radius pixels far.
func Within(radius int) Reach { return Reach{Radius: radius, Shrink: 1, Grow: 1} }

// Known reports whether the reach is bounded.
func (r Reach) Known() bool { return r.Shrink > 0 && r.Grow > 0 }

// Reads returns the tensors that a call reads, in the order of its operands.
func Reads(c Call) []*Tensor { return tensors(c, func(o Operand) bool { return o.Use&Read != 0 }) }

// Writes returns the tensors that a call writes, in the order of its operands.
func Writes(c Call) []*Tensor { return tensors(c, func(o Operand) bool { return o.Use&Write != 0 }) }

// Donors returns the inputs that the first output may overwrite.
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

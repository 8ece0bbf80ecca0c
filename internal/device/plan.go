package device

import "fmt"

// Kind is what a tensor is used for, from which a device chooses its layout.
type Kind int

const (
	// Plain tensors are row-major: parameters and their gradients, statistics, scalars.
	Plain Kind = iota
	// Features are feature maps and images [N, C, H, W]; a device chooses their layout (blocked channels, borders).
	Features
)

// A Tensor is one value of a plan. Its memory is in exactly one place: in a Buffer, in a part of its Parent, or in
// the arena at Offset.
type Tensor struct {
	// Name identifies the tensor in profiles and errors.
	Name string
	// Shape is logical: [N, C, H, W] for features and convolution weights, [C], [2, C], or [] for a scalar.
	Shape []int
	Kind  Kind
	// Buffer is set for a tensor that outlives the plan.
	Buffer Buffer
	// Parent is set for a view. A view of features begins at channel Start of the parent, a plain one at element Start.
	Parent *Tensor
	Start  int
	// Split is the number of channels of the parts in which a device that is a Splitter keeps a feature map; 0 = as it
	// keeps maps of this shape.
	Split int
	// Offset is the position in the arena, in elements, for a tensor that is neither in a buffer nor a view.
	Offset int
}

// Elements returns the logical number of elements.
func (t *Tensor) Elements() int { return Elements(t.Shape) }

// Elements returns the number of elements of a tensor of this shape, 1 for a scalar.
func Elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Root returns the tensor that owns the memory of t: t itself, or the last of its parents.
func (t *Tensor) Root() *Tensor {
	root, _ := t.Place()
	return root
}

// Place returns the tensor that owns the memory of t and the offset of t in it, in channels for features, otherwise
// in elements.
func (t *Tensor) Place() (root *Tensor, start int) {
	for root = t; root.Parent != nil; root = root.Parent {
		start += root.Start
	}
	return root, start
}

// String returns name and shape, as in "encoder.0.units.0.z [32 16 48 48]".
func (t *Tensor) String() string { return fmt.Sprintf("%s %v", t.Name, t.Shape) }

// A Plan is a static program: calls in order, over tensors with fixed offsets in one arena.
type Plan struct {
	// Calls run one after the other.
	Calls []Call
	// Arena is the number of elements of the memory that tensors share over time.
	Arena int
}

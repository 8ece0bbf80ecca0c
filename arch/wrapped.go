package arch

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"r2unet/layers"
)

// checked is a block that must keep what every block promises.
type checked struct {
	Block
	name string // as in Config.Block
}

func (c checked) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	if b.Err() != nil {
		return nil
	}
	in := x.Shape()
	return promised(b, fmt.Sprintf("%s: block %q", name, c.name), c.Block.Build(b, name, x, out),
		tensor.Shape{in[0], out, in[2], in[3]},
		"a block keeps height and width, and has as many channels as its argument out says")
}

// promised is what a block, skip or style returned, which is refused unless it is a node of this shape; 0 channels
// stand for any number of them.
func promised(b *layers.Builder, what string, y *G.Node, shape tensor.Shape, because string) *G.Node {
	if b.Err() != nil {
		return nil
	}
	if y == nil {
		b.Fail(fmt.Errorf("%s returns no node", what))
		return nil
	}
	if shape[1] == 0 && y.Dims() == len(shape) {
		shape[1] = y.Shape()[1]
	}
	if !y.Shape().Eq(shape) {
		b.Fail(fmt.Errorf("%s returns a map of shape %v, expected %v: %s", what, y.Shape(), shape, because))
		return nil
	}
	return y
}

// joining is a skip that must keep what every skip promises, and remembers the maps that it failed at.
type joining struct {
	Skip
	name   string // as in Config.Skip
	failed string
}

func (j *joining) Join(b *layers.Builder, name string, skip, up *G.Node) *G.Node {
	if b.Err() != nil {
		return nil
	}
	joined := j.Skip.Join(b, name, skip, up)
	if b.Err() != nil {
		j.failed = fmt.Sprintf("whose %s joins %d channels and %d", name, skip.Shape()[1], up.Shape()[1])
		return nil
	}
	size := up.Shape()
	return promised(b, fmt.Sprintf("%s: skip %q", name, j.name), joined, tensor.Shape{size[0], 0, size[2], size[3]},
		"a skip keeps height and width")
}

// dropping is a block behind which training drops out.
type dropping struct {
	Block
	what layers.Dropping
}

func (d dropping) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	return b.Drop(name+".dropout", d.Block.Build(b, name, x, out), d.what)
}

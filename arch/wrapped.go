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
	y := c.Block.Build(b, name, x, out)
	if b.Err() != nil {
		return nil
	}
	in := x.Shape()
	if y == nil {
		b.Fail(fmt.Errorf("%s: block %q returns no node", name, c.name))
		return nil
	}
	if want := (tensor.Shape{in[0], out, in[2], in[3]}); !y.Shape().Eq(want) {
		b.Fail(fmt.Errorf("%s: block %q returns a map of shape %v, expected %v: a block keeps height and width, and "+
			"has as many channels as its argument out says", name, c.name, y.Shape(), want))
		return nil
	}
	return y
}

// joining is a skip that remembers the maps that it failed at.
type joining struct {
	Skip
	failed string
}

func (j *joining) Join(b *layers.Builder, name string, skip, up *G.Node) *G.Node {
	if b.Err() != nil {
		return nil
	}
	joined := j.Skip.Join(b, name, skip, up)
	if b.Err() != nil {
		j.failed = fmt.Sprintf("whose %s joins %d channels and %d", name, skip.Shape()[1], up.Shape()[1])
	}
	return joined
}

// dropping is a block behind which training drops out.
type dropping struct {
	Block
	what layers.Dropping
}

func (d dropping) Build(b *layers.Builder, name string, x *G.Node, out int) *G.Node {
	return b.Drop(name+".dropout", d.Block.Build(b, name, x, out), d.what)
}

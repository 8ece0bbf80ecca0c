package model

// Batch is a number of images of one size, row-major, with the targets of the network.
type Batch struct {
	Images     []float32 // [N, C, H, W]
	Targets    []float32 // [N, 1, H, W]: classes, or −1 for pixels that count nowhere; nil for prediction
	N, C, H, W int
}

// shape returns the shape of the graph that computes the batch.
func (b Batch) shape(mode mode) shape { return shape{mode, b.N, b.H, b.W} }

// NewBatch returns a batch of zeros.
func NewBatch(n, c, h, w int) Batch {
	return Batch{Images: make([]float32, n*c*h*w), Targets: make([]float32, n*h*w), N: n, C: c, H: h, W: w}
}

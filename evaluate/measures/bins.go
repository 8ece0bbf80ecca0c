package measures

// binCount is the usual number of bins of a reliability diagram (Guo et al. 2017).
const binCount = 15

// Bins divides pixels by their probability of foreground into bins of equal width: [0, 1/15), [1/15, 2/15),
// …, [14/15, 1].
type Bins [binCount]Bin

// Bin holds the pixels of one bin.
type Bin struct {
	Pixels      int64   `json:"pixels"`
	Foreground  int64   `json:"foreground"`  // of them
	Probability float64 `json:"probability"` // sum over them
}

// Add adds a pixel.
func (b *Bins) Add(probability float64, foreground bool) {
	bin := &b[min(int(probability*binCount), binCount-1)]
	bin.Pixels++
	bin.Probability += probability
	if foreground {
		bin.Foreground++
	}
}

// Plus returns both sets of pixels together.
func (b Bins) Plus(c Bins) Bins {
	for i := range b {
		b[i].Pixels += c[i].Pixels
		b[i].Foreground += c[i].Foreground
		b[i].Probability += c[i].Probability
	}
	return b
}

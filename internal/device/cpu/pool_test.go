package cpu

import (
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestPoolComputesEveryPieceOnce(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, workers := range []int{1, 2, 3, 8} {
		p := newPool(workers)
		for round := range 300 {
			pieces := round % 23
			counts := make([]atomic.Int32, pieces)
			p.run(pieces, func(worker, piece int) {
				if worker < 0 || worker >= workers {
					t.Errorf("worker %d of %d", worker, workers)
				}
				counts[piece].Add(1)
			})
			for piece := range counts {
				if n := counts[piece].Load(); n != 1 {
					t.Fatalf("%d workers, round %d: piece %d was computed %d times", workers, round, piece, n)
				}
			}
			if round%100 == 99 {
				time.Sleep(2 * time.Millisecond) // until the workers park
			}
		}
		p.close()
	}
}

func TestPoolAllocatesNothing(t *testing.T) {
	p := newPool(3)
	defer p.close()
	var sum atomic.Int64
	do := func(_, piece int) { sum.Add(int64(piece)) }
	if n := testing.AllocsPerRun(100, func() { p.run(17, do) }); n > 0.5 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPoolHandOver(b *testing.B) {
	p := newPool(2)
	defer p.close()
	do := func(_, _ int) {}
	for b.Loop() {
		p.run(2, do)
	}
}

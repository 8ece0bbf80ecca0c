package datasets

import (
	"cmp"
	"context"
	"io"
	"sync"
)

// Batch is a number of samples side by side.
type Batch struct {
	Images     []float32 // [N, C, H, W]
	Targets    []float32 // [N, 1, H, W]; −1 where a pixel is ignored, because a sample was padded there
	N, C, H, W int       // N samples, in the last batch of an epoch maybe fewer than in the others
	Epoch      int
	Index      int // of the batch in its epoch, from 0
}

// StreamOptions say what a stream reads, and how much of it at once.
type StreamOptions struct {
	Batch   int // samples of a batch, at least 1
	Epoch   int // that is read
	From    int // number of the first batch, from 0: a resumed run goes on after the batches it has seen
	Workers int // goroutines that fill batches, at least 1
	Depth   int // batches that are filled ahead; 0 = 2 a worker

	// Multiple is what the sides of a batch are multiples of, px; 0 = 1. Samples that are smaller than their batch,
	// which is as large as the largest of them, lie in its middle.
	Multiple int
}

// BatchStream gives the batches of one epoch in order, while workers fill the next ones.
type BatchStream struct {
	ctx     context.Context
	pending <-chan *pendingBatch // in order
	free    chan *Batch
	cancel  context.CancelFunc
	workers sync.WaitGroup
	err     error
}

type pendingBatch struct {
	*Batch
	err  error
	done chan struct{} // closed when the batch is filled or err is set
}

// Stream reads an epoch of a source in batches. The numbers of workers and of batches ahead change nothing of what
// the batches hold. Buffers are used again after Recycle. The caller ends the stream with Close, also after an error
// and at the epoch's end.
func Stream(ctx context.Context, src Source, o StreamOptions) *BatchStream {
	workers, batch := max(o.Workers, 1), max(o.Batch, 1)
	depth := max(cmp.Or(o.Depth, 2*workers), 1)
	ctx, cancel := context.WithCancel(ctx)
	pending, work := make(chan *pendingBatch, depth), make(chan *pendingBatch)
	s := &BatchStream{ctx: ctx, pending: pending, free: make(chan *Batch, depth+1), cancel: cancel}
	c, _, _ := src.Shape()
	s.workers.Go(func() {
		defer close(pending)
		defer close(work)
		for index := o.From; index*batch < src.Len(); index++ {
			n := min(batch, src.Len()-index*batch)
			h, w := o.size(src, index*batch, n)
			p := &pendingBatch{Batch: s.buffer(batch*c*h*w, batch*h*w), done: make(chan struct{})}
			p.N, p.Epoch, p.Index = n, o.Epoch, index
			p.C, p.H, p.W = c, h, w
			p.Images, p.Targets = p.Images[:p.N*c*h*w], p.Targets[:p.N*h*w]
			select {
			case pending <- p:
			case <-ctx.Done():
				return
			}
			select {
			case work <- p:
			case <-ctx.Done():
				p.err = ctx.Err()
				close(p.done)
				return
			}
		}
	})
	for range workers {
		s.workers.Go(func() {
			var own padder
			for p := range work {
				for k := 0; k < p.N && p.err == nil; k++ {
					p.err = own.fill(ctx, src, p.Batch, p.Index*batch+k, k)
				}
				close(p.done)
			}
		})
	}
	return s
}

// buffer gives a recycled batch or a new one with room for the given numbers of values.
func (s *BatchStream) buffer(images, targets int) *Batch {
	select {
	case b := <-s.free:
		b.Images, b.Targets = room(b.Images, images), room(b.Targets, targets)
		return b
	default:
		return &Batch{Images: make([]float32, images), Targets: make([]float32, targets)}
	}
}

// Next gives the next batch, io.EOF at the epoch's end, or the error of filling it; after an error it gives the same
// one again.
func (s *BatchStream) Next() (*Batch, error) {
	if s.err != nil {
		return nil, s.err
	}
	p, ok := <-s.pending
	if !ok {
		s.err = io.EOF
		if err := s.ctx.Err(); err != nil {
			s.err = err
		}
		return nil, s.err
	}
	<-p.done
	if s.err = p.err; s.err != nil {
		return nil, s.err
	}
	return p.Batch, nil
}

// Recycle gives a batch's buffers back to the stream; the caller no longer uses them.
func (s *BatchStream) Recycle(b *Batch) {
	select {
	case s.free <- b:
	default:
	}
}

// Close stops the workers and waits for them.
func (s *BatchStream) Close() {
	s.cancel()
	s.workers.Wait()
}

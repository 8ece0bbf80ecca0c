package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// counting is a source whose samples tell their epoch and index, in an irregular time.
type counting struct {
	n     int
	fail  int // index that cannot be filled, or -1
	quick bool
	calls atomic.Int64
}

func (s *counting) Len() int             { return s.n }
func (s *counting) Shape() (c, h, w int) { return 2, 1, 1 }

func (s *counting) Size(_, _ int) (h, w int) { return 1, 1 }
func (s *counting) Fill(ctx context.Context, epoch, index int, image, target []float32) error {
	s.calls.Add(1)
	if !s.quick {
		time.Sleep(time.Duration(index%3) * 200 * time.Microsecond)
	}
	if index == s.fail {
		return fmt.Errorf("sample %d is broken", index)
	}
	image[0], image[1], target[0] = float32(index), float32(epoch), float32(index%2)
	return ctx.Err()
}

// drain reads a stream to its end and gives the samples' indices.
func drain(t *testing.T, s *BatchStream, recycle bool) (indices []float32, err error) {
	t.Helper()
	defer s.Close()
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			return indices, nil
		}
		if err != nil {
			return indices, err
		}
		if len(b.Images) != b.N*b.C*b.H*b.W || len(b.Targets) != b.N || b.C != 2 {
			t.Fatalf("batch of %d has %d image values", b.N, len(b.Images))
		}
		for k := range b.N {
			indices = append(indices, b.Images[2*k])
		}
		if recycle {
			s.Recycle(b)
		}
	}
}

func TestBatchesComeInOrderWithAnyNumberOfWorkers(t *testing.T) {
	var want []float32
	for i := range 23 {
		want = append(want, float32(i))
	}
	for _, workers := range []int{0, 1, 2, 7} {
		for _, depth := range []int{0, 1, 4} {
			got, err := drain(t, Stream(context.Background(), &counting{n: 23, fail: -1},
				StreamOptions{Batch: 4, Epoch: 1, Workers: workers, Depth: depth}), workers%2 == 0)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%d workers, depth %d: %v, %v", workers, depth, got, err)
			}
		}
	}
}

func TestAStreamContinuesAfterTheBatchesSeen(t *testing.T) {
	s := Stream(context.Background(), &counting{n: 23, fail: -1},
		StreamOptions{Batch: 4, Epoch: 3, From: 5, Workers: 2, Depth: 2})
	defer s.Close()
	b, err := s.Next()
	if err != nil || b.N != 3 || b.Index != 5 || b.Epoch != 3 || b.Images[0] != 20 {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := s.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last batch: %v", err)
	}
}

func TestAnErrorComesInItsPlaceAndStays(t *testing.T) {
	s := Stream(context.Background(), &counting{n: 100, fail: 9}, StreamOptions{Batch: 4, Workers: 3, Depth: 3})
	got, err := drain(t, s, true)
	if err == nil || err.Error() != "sample 9 is broken" || len(got) != 8 {
		t.Errorf("%d samples, %v", len(got), err)
	}
	if _, again := s.Next(); again != err {
		t.Errorf("the error has become %v", again)
	}
}

func TestCancellingEndsAStreamWithTheContextsError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := Stream(ctx, &counting{n: 1 << 20, fail: -1}, StreamOptions{Batch: 4, Workers: 2, Depth: 2})
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	for range 10 {
		if _, err := s.Next(); err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
			s.Close()
			return
		}
	}
	t.Error("the stream goes on")
}

func TestAStreamReadsAheadOnlyAsFarAsItsDepth(t *testing.T) {
	src := &counting{n: 1000, fail: -1}
	s := Stream(context.Background(), src, StreamOptions{Batch: 1, Workers: 2, Depth: 3})
	defer s.Close()
	time.Sleep(50 * time.Millisecond)
	if n := src.calls.Load(); n > 3+2 {
		t.Errorf("%d samples are filled though none was asked for", n)
	}
}

func TestBuffersAreUsedAgain(t *testing.T) {
	s := Stream(context.Background(), &counting{n: 4000, fail: -1, quick: true},
		StreamOptions{Batch: 100, Workers: 1, Depth: 2})
	defer s.Close()
	seen := map[*float32]bool{}
	for {
		b, err := s.Next()
		if err != nil {
			break
		}
		seen[&b.Images[0]] = true
		s.Recycle(b)
	}
	if len(seen) > 20 { // a handful, but the pool drops some now and then, and many under the race detector
		t.Errorf("%d buffers for 40 batches", len(seen))
	}
}

// Package rank computes measures of the order of scores: the area under the ROC curve with ties counted half,
// average precision, and the curves themselves. All are exact, with bounded memory for any number of pixels:
// sorted runs are spilled to temporary files and merged.
package rank

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// defaultLimit is the number of pixels that a [Ranking] holds in memory before it spills: 16 Mi pixels take
// 64 MiB, and twice that while being sorted.
const defaultLimit = 16 << 20

// A Ranking collects keys and yields them in descending order of score.
type Ranking struct {
	limit   int
	folder  string
	pending []uint32
	runs    []*os.File
	sorted  bool
}

// NewRanking returns an empty ranking that holds at most limit keys in memory (0 means 16 Mi) and spills to
// folder ("" means the system's folder for temporary files).
func NewRanking(limit int, folder string) *Ranking {
	if limit <= 0 {
		limit = defaultLimit
	}
	return &Ranking{limit: limit, folder: folder}
}

// Add adds a copy of the keys. It fails if a temporary file cannot be written.
func (r *Ranking) Add(keys []uint32) error {
	r.sorted = false
	for len(keys) > 0 {
		n := min(len(keys), r.limit-len(r.pending))
		if needed := len(r.pending) + n; needed > cap(r.pending) {
			grown := make([]uint32, len(r.pending), min(r.limit, max(needed, 2*cap(r.pending))))
			copy(grown, r.pending)
			r.pending = grown
		}
		r.pending = append(r.pending, keys[:n]...)
		keys = keys[n:]
		if len(r.pending) == r.limit {
			if err := r.spill(); err != nil {
				return fmt.Errorf("spill sorted scores: %w", err)
			}
		}
	}
	return nil
}

func (r *Ranking) sort() {
	if !r.sorted {
		Sort(r.pending, make([]uint32, len(r.pending)))
		r.sorted = true
	}
}

// spill writes the pending keys as one run, the highest first.
func (r *Ranking) spill() error {
	r.sort()
	file, err := os.CreateTemp(r.folder, "ranking-*.keys")
	if err != nil {
		return err
	}
	r.runs = append(r.runs, file)
	out := bufio.NewWriterSize(file, 1<<16)
	var bytes [4]byte
	for _, key := range slices.Backward(r.pending) {
		binary.LittleEndian.PutUint32(bytes[:], key)
		if _, err := out.Write(bytes[:]); err != nil {
			return err
		}
	}
	r.pending = r.pending[:0]
	return out.Flush()
}

// Close removes the temporary files.
func (r *Ranking) Close() error {
	var errs []error
	for _, file := range r.runs {
		errs = append(errs, file.Close(), os.Remove(file.Name()))
	}
	r.runs, r.pending = nil, nil
	return errors.Join(errs...)
}

// Walk calls visit for each distinct score, the highest first. The group is
// reused for the next score.
func (r *Ranking) Walk(visit func(*Group)) error {
	r.sort()
	if len(r.runs) == 0 {
		WalkSorted(r.pending, visit)
		return nil
	}
	return r.merge(visit)
}

// merge walks the runs and the pending keys together. There is one run per limit keys, so few that scanning
// their heads is faster than a heap.
func (r *Ranking) merge(visit func(*Group)) error {
	streams := []*stream{{memory: r.pending}}
	for _, file := range r.runs {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read sorted scores: %w", err)
		}
		streams = append(streams, &stream{file: bufio.NewReaderSize(file, 1<<16)})
	}
	var group grouper
	for i := range streams {
		if err := streams[i].advance(); err != nil {
			return err
		}
	}
	for {
		streams = slices.DeleteFunc(streams, func(s *stream) bool { return s.done })
		if len(streams) == 0 {
			break
		}
		top := streams[0]
		for _, s := range streams[1:] {
			if s.head > top.head {
				top = s
			}
		}
		group.add(top.head, visit)
		if err := top.advance(); err != nil {
			return err
		}
	}
	group.flush(visit)
	return nil
}

// A stream is one run in descending order, in memory (ascending) or in a file.
type stream struct {
	memory []uint32
	file   *bufio.Reader
	head   uint32
	done   bool
}

func (s *stream) advance() error {
	if s.file == nil {
		if s.done = len(s.memory) == 0; !s.done {
			s.head = s.memory[len(s.memory)-1]
			s.memory = s.memory[:len(s.memory)-1]
		}
		return nil
	}
	var bytes [4]byte
	switch _, err := io.ReadFull(s.file, bytes[:]); {
	case err == io.EOF:
		s.done = true
	case err != nil:
		return fmt.Errorf("read sorted scores: %w", err)
	default:
		s.head = binary.LittleEndian.Uint32(bytes[:])
	}
	return nil
}

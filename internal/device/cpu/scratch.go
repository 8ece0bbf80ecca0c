package cpu

import "r2unet/internal/device/cpu/conv"

// scratch is memory that lives within one call, so that all calls share it. Calls declare at Compile how much they
// need, and receive their part once the largest need is known.
type scratch struct {
	floats      int
	sums        int
	worker      int
	row         int
	bind        []func(floats []float32, sums []float64)
	convWorkers []*conv.Worker
	area        []float32
	sumArea     []float64
	rowMemory   [][]float32 // each worker's own
}

// The shared memory does not exist yet when tasks are made; these stand for it at addresses that no memory has.
var (
	sharedFloats = region{first: 1, size: 1, stride: 1, samples: 1}
	sharedSums   = region{first: 2, size: 1, stride: 1, samples: 1}
)

func (s *scratch) needScratch(n int, use func([]float32)) {
	s.floats = max(s.floats, n)
	s.bind = append(s.bind, func(floats []float32, _ []float64) { use(floats[:n]) })
}

func (s *scratch) needSums(n int, use func([]float64)) {
	s.sums = max(s.sums, n)
	s.bind = append(s.bind, func(_ []float32, sums []float64) { use(sums[:n]) })
}

// needWorkers makes every worker's own memory for convolutions at least n floats.
func (s *scratch) needWorkers(n int) { s.worker = max(s.worker, n) }

// needRows makes every worker's own memory for rows of maps at least n floats.
func (s *scratch) needRows(n int) { s.row = max(s.row, n) }

// settle allocates the memory and distributes it.
func (s *scratch) settle(workers int) {
	s.area, s.sumArea = allocate(s.floats), make([]float64, s.sums)
	for _, use := range s.bind {
		use(s.area, s.sumArea)
	}
	s.bind = nil
	for range workers {
		s.convWorkers = append(s.convWorkers, conv.NewWorker(s.worker))
		s.rowMemory = append(s.rowMemory, make([]float32, s.row))
	}
}

func (s *scratch) bytes() int64 {
	return 4*int64(len(s.area)) + 8*int64(len(s.sumArea)) + 4*int64((s.worker+s.row)*len(s.convWorkers))
}

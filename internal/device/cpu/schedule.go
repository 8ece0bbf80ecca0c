package cpu

// groupBytes bounds the memory that the tasks of a group touch for one sample, so that a task finds the results of
// the previous task in its core's own cache.
const groupBytes = 3 << 19

// schedule groups tasks into steps. Neighbours that only touch the same sample of the same maps are joined: a worker
// takes one sample through all of them, one task after another, or in a wave if the maps are larger than a cache.
// Preparations in between move before the group and reductions behind it, unless something depends on their order. No
// result changes, because the computation of each piece does not.
func schedule(tasks []task, workers int) []step {
	s := &scheduler{workers: workers}
	for _, t := range tasks {
		s.add(t)
	}
	s.flush()
	return s.steps
}

type scheduler struct {
	workers  int
	steps    []step
	group    []task
	deferred []task
}

func (s *scheduler) flush() {
	switch {
	case len(s.group) > 1 && mapBytes(s.group, sampleBytes) > groupBytes:
		s.steps = append(s.steps, newWave(s.group, s.workers))
	case len(s.group) > 0:
		s.steps = append(s.steps, newStep(s.group...))
	}
	for _, t := range s.deferred {
		s.steps = append(s.steps, newStep(t))
	}
	s.group, s.deferred = nil, nil
}

func (s *scheduler) add(t task) {
	switch {
	case t.kind == prepare && !s.dependsOnOpen(t):
		s.steps = append(s.steps, newStep(t))
		return
	case t.kind == reduce && len(s.group) > 0:
		s.deferred = append(s.deferred, t)
		return
	case t.kind == perSample && s.joins(t):
		s.group = append(s.group, t)
		return
	}
	s.flush()
	if t.kind == perSample {
		s.group = []task{t}
		return
	}
	s.steps = append(s.steps, newStep(t))
}

// dependsOnOpen reports whether t reads what the open group or the reductions behind it write.
func (s *scheduler) dependsOnOpen(t task) bool {
	for _, tasks := range [][]task{s.group, s.deferred} {
		for _, before := range tasks {
			if anyOverlap(before.writes, t.reads, region.overlaps) {
				return true
			}
		}
	}
	return false
}

// joins reports whether t can run sample by sample together with the open group.
func (s *scheduler) joins(t task) bool {
	if len(s.group) == 0 {
		return true
	}
	if t.samples != s.group[0].samples {
		return false
	}
	group := append(s.group[:len(s.group):len(s.group)], t)
	if mapBytes(group, sampleBytes) > groupBytes {
		if !canWave(group) {
			return false
		}
	} else if t.samples < 4*s.workers {
		return false
	}
	for _, before := range s.group {
		if anyOverlap(before.writes, t.reads, region.mixes) || anyOverlap(before.writes, t.writes, region.mixes) ||
			anyOverlap(before.reads, t.writes, region.mixes) {
			return false
		}
	}
	for _, after := range s.deferred { // t would run before them
		if anyOverlap(after.writes, t.reads, region.overlaps) || anyOverlap(after.writes, t.writes, region.overlaps) ||
			anyOverlap(after.reads, t.writes, region.overlaps) {
			return false
		}
	}
	return true
}

// sampleBytes is all of a map's sample.
func sampleBytes(_ *task, r region) uintptr { return r.size }

// mapBytes returns the memory that tasks touch, each map once; part is the part of a map's sample that counts.
func mapBytes(tasks []task, part func(*task, region) uintptr) uintptr {
	seen := map[uintptr]uintptr{}
	for i := range tasks {
		t := &tasks[i]
		for _, r := range append(t.reads[:len(t.reads):len(t.reads)], t.writes...) {
			if r.samples > 1 || r.rows > 0 {
				seen[r.first] = max(seen[r.first], part(t, r))
			}
		}
	}
	total := uintptr(0)
	for _, size := range seen {
		total += size
	}
	return total
}

package cpu

import (
	"fmt"
	"testing"
)

// samplesAt is 16 samples of `size` bytes, 100 bytes apart, from an address on.
func samplesAt(first, size uintptr) region {
	return region{first: first, size: size, stride: 100, samples: 16}
}

func TestRegionsMixSamples(t *testing.T) {
	scratch := region{first: 1, size: 1, stride: 1, samples: 1}
	single := region{first: 0, size: 100, stride: 100, samples: 1, rows: 10, row: 10, plane: 100}
	for _, c := range []struct {
		name string
		a, b region
		want bool
	}{
		{"apart", samplesAt(0, 100), samplesAt(1600, 100), false},
		{"in place", samplesAt(0, 100), samplesAt(0, 100), false},
		{"two views of one parent", samplesAt(0, 50), samplesAt(50, 50), false},
		{"a view and its parent", samplesAt(0, 100), samplesAt(25, 50), false},
		{"shifted by half a sample", samplesAt(0, 100), samplesAt(50, 100), true},
		{"shifted by a sample", samplesAt(0, 100), samplesAt(100, 100), true},
		{"other strides", samplesAt(0, 100), region{size: 50, stride: 50, samples: 16}, true},
		{"shared scratch", scratch, scratch, true},
		{"maps of one sample", single, single, false},
		{"a map of one sample and plain memory", single, scratch, true},
	} {
		if got := c.a.mixes(c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := c.b.mixes(c.a); got != c.want {
			t.Errorf("%s, the other way: %v", c.name, got)
		}
	}
}

func TestSchedule(t *testing.T) {
	a, b, c := samplesAt(10000, 100), samplesAt(20000, 100), samplesAt(30000, 100)
	plain := region{first: 5000, size: 8, stride: 8, samples: 1}
	each := func(reads, writes region) task {
		return task{pieces: 32, samples: 16, kind: perSample, reads: []region{reads}, writes: []region{writes}}
	}
	first, second := each(a, b), each(b, c)
	second.call = 1
	prepared := task{pieces: 1, kind: prepare, reads: []region{plain}, call: 2}
	sum := task{pieces: 1, kind: reduce, writes: []region{plain}, call: 3}
	barrier := task{pieces: 5, call: 4}
	big := samplesAt(40000, groupBytes)
	for _, test := range []struct {
		name  string
		tasks []task
		want  string // calls of each step
	}{
		{"neighbours that touch the same samples are joined", []task{first, second}, "[0 1]"},
		{"an ordered task parts them", []task{first, barrier, second}, "[0] [4] [1]"},
		{"preparations move before a group", []task{first, prepared, second}, "[2] [0 1]"},
		{"reductions move behind it", []task{first, sum, second}, "[0 1] [3]"},
		{
			"a preparation waits for the reduction that it reads",
			[]task{first, sum, prepared, second},
			"[0] [3] [2] [1]",
		},
		{
			"a task that writes what another sample still needs waits",
			[]task{first, each(b, samplesAt(10100, 100))},
			"[0] [0]",
		},
		{"a group fits into a cache", []task{first, each(b, big)}, "[0] [0]"},
	} {
		got := ""
		for _, s := range schedule(test.tasks, 2) {
			var calls []int
			for _, t := range s.tasks {
				calls = append(calls, t.call)
			}
			got += fmt.Sprint(" ", calls)
		}
		if got != " "+test.want {
			t.Errorf("%s: %s, expected %s", test.name, got, test.want)
		}
	}
	if steps := schedule([]task{first, second}, 8); len(steps) != 2 {
		t.Errorf("16 samples are too few to share among 8 workers, but the tasks were joined")
	}
}

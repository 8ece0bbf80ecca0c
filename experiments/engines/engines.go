// Package engines hands the runs of a sweep to the schedulers that people already operate. It prints what they take, a
// script for Slurm or a manifest for Kubernetes, and computes nothing itself. Every task is one `sweep run`, which any
// machine can repeat or go on with, and the exit code says what a scheduler may do about it (package cli).
package engines

import (
	"math"
	"path"
	"strings"
	"time"

	"r2unet/experiments"
)

// unfinished returns the runs that are not finished, in the plan's order.
func unfinished(p experiments.Agenda) []experiments.AgendaItem {
	var runs []experiments.AgendaItem
	for _, r := range p.Runs {
		if !r.Finished {
			runs = append(runs, r)
		}
	}
	return runs
}

// The margins on a plan's estimates. Half as much again as the estimated time is common between machines that are
// called alike; memory is computed from shapes, and what is added to it is the program and its samples.
const (
	TimeFactor   = 2
	TimeExtra    = 10 * time.Minute
	MemoryFactor = 1.25
	MemoryExtra  = 512 << 20 // bytes
)

// Grace is how long ahead of its time limit a task is told to save and stop. Saving takes two seconds; a scheduler may
// be a minute late.
const Grace = 2 * time.Minute

// Retries is how often a failed run is tried again.
const Retries = 3

// limits returns the time and memory that a task may take which does any one of the runs, with margins.
func limits(runs []experiments.AgendaItem) (d time.Duration, bytes int64) {
	var seconds float64
	for _, r := range runs {
		seconds, bytes = max(seconds, r.Seconds), max(bytes, r.Bytes)
	}
	d = TimeExtra + time.Duration(TimeFactor*seconds*float64(time.Second))
	return d, int64(math.Ceil(MemoryFactor*float64(bytes))) + MemoryExtra
}

// total returns the estimated time of the runs one after another.
func total(runs []experiments.AgendaItem) time.Duration {
	var seconds float64
	for _, r := range runs {
		seconds += r.Seconds
	}
	return time.Duration(seconds * float64(time.Second))
}

// resultsFolder returns the folder of a plan's results, below the folder for all results.
func resultsFolder(p experiments.Agenda) string {
	if len(p.Runs) == 0 {
		return p.Profile
	}
	return path.Dir(path.Dir(p.Runs[0].Folder))
}

// onGPU reports whether a plan's runs need a GPU.
func onGPU(p experiments.Agenda) bool { return strings.HasPrefix(p.Device, "cuda") }

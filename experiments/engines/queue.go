package engines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// jobsFile lists the job numbers of the arrays that were submitted, one a line, in the profile's folder for Slurm.
const jobsFile = "jobs"

// SlurmFolder returns the folder with logs and job numbers, in a profile's folder of results.
func SlurmFolder(results string) string { return filepath.Join(results, "slurm") }

// Queued is an array of tasks as Slurm's queue shows it.
type Queued struct {
	Job string `json:"job"`
	// States counts tasks by Slurm's names of states, such as "PENDING"; it is empty once the queue has forgotten them.
	States map[string]int `json:"states"`
}

func (q Queued) String() string {
	if len(q.States) == 0 {
		return fmt.Sprintf("Slurm array %s: no longer in the queue", q.Job)
	}
	var parts []string
	for state, n := range q.States {
		parts = append(parts, fmt.Sprintf("%d %s", n, strings.ToLower(strings.ReplaceAll(state, "_", " "))))
	}
	slices.Sort(parts)
	return fmt.Sprintf("Slurm array %s: %s", q.Job, strings.Join(parts, ", "))
}

// SlurmQueue asks squeue for the arrays that were submitted for a profile's folder of results; there are none if none
// were. It does not ask sacct, which many clusters do not have.
func SlurmQueue(ctx context.Context, results string) ([]Queued, error) {
	path := filepath.Join(SlurmFolder(results), jobsFile)
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var queue []Queued
	for _, job := range strings.Fields(string(text)) {
		command := exec.CommandContext(ctx, "squeue", "--noheader", "--array", "--states=all", "--format=%T",
			"--jobs="+job)
		out, err := command.Output()
		var failed *exec.ExitError
		switch {
		case errors.As(err, &failed) && strings.Contains(string(failed.Stderr), "Invalid job id"):
			out = nil
		case err != nil && failed != nil:
			return nil, fmt.Errorf("squeue: %s", strings.TrimSpace(string(failed.Stderr)))
		case err != nil:
			return nil, fmt.Errorf("arrays of %s: %w", path, err)
		}
		q := Queued{Job: job, States: map[string]int{}}
		for _, state := range strings.Fields(string(out)) {
			q.States[state]++
		}
		queue = append(queue, q)
	}
	return queue, nil
}

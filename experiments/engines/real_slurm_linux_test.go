package engines

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSweepOnARealSlurmEndsWithTheSameBits submits the smoke profile twice at once to a Slurm of three nodes on this
// machine, kills a node, requeues a task, cancels another and submits what is left. It takes minutes and needs root, so
// it runs only where ENGINES=slurm asks for it, as .ci/engines does.
func TestSweepOnARealSlurmEndsWithTheSameBits(t *testing.T) {
	if os.Getenv("ENGINES") != "slurm" {
		t.Skip("ENGINES=slurm is not set: the smoke profile is not run on a real Slurm")
	}
	dir := filepath.Join(t.TempDir(), "with space")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := buildSweep(t, dir)
	cluster := startSlurm(t)
	flags := []string{"-config", "../../experiments.toml", "-profile", "smoke", "-threads", "1"}
	local, remote := filepath.Join(dir, "local"), filepath.Join(dir, "remote")
	command(t, program, append(flags, "-out", local)...)

	submit := append([]string{"submit", "-engine", "slurm", "-send", "-at-once", "3", "-out", remote}, flags...)
	t.Logf("%s%s", command(t, program, submit...), command(t, program, submit...)) // two arrays at once
	cluster.wait(t, "six tasks on three nodes", func() bool { return len(cluster.tasks(t, "RUNNING")) >= 6 })
	cluster.kill(t, 1)
	t.Log("killed the slurmd of node n1")
	var requeued, cancelled string // the numbers of two runs in both arrays
	cluster.wait(t, "a task to requeue, and one to cancel", func() bool {
		for _, task := range cluster.tasks(t, "RUNNING") {
			_, run, _ := strings.Cut(task.id, "_")
			both := cluster.ofRun(t, run)
			switch {
			case task.node == "n1" || run == requeued || run == cancelled:
			case requeued == "":
				requeued = run
				command(t, "scontrol", "requeue", task.id)
			case cancelled == "" && len(both) == 2: // in both arrays, and none has ended, so the run is not finished
				command(t, "scancel", both...)
				cluster.wait(t, "a cancelled task to end", func() bool {
					return !slices.Contains(cluster.ofRun(t, run), task.id)
				})
				if !cluster.completed(t, run) { // in that very moment
					cancelled = run
				}
			}
		}
		return requeued != "" && cancelled != ""
	})
	t.Logf("requeued a task of run %s, and cancelled all of run %s", requeued, cancelled)
	cluster.wait(t, "node n1 to be noticed", func() bool {
		return strings.Contains(command(t, "sinfo", "--noheader", "--nodes=n1", "--format=%T"), "down")
	})
	cluster.startNode(t, 1)
	cluster.wait(t, "an empty queue", func() bool { return len(cluster.tasks(t, "")) == 0 })
	left := command(t, program, submit...)
	t.Log(left)
	if !strings.Contains(left, ": 1 run\n") {
		t.Error("what is left is not the run that was cancelled alone")
	}
	cluster.wait(t, "an empty queue", func() bool { return len(cluster.tasks(t, "")) == 0 })
	t.Log(command(t, program, submit...)) // nothing is left but to collect
	cluster.wait(t, "an empty queue", func() bool { return len(cluster.tasks(t, "")) == 0 })

	queue, err := SlurmQueue(t.Context(), filepath.Join(remote, "smoke"))
	if err != nil || len(queue) != 3 || queue[0].States["COMPLETED"] == 0 || queue[0].States["CANCELLED"] == 0 {
		t.Errorf("the queue shows %v, %v; want three arrays, with completed and cancelled tasks", queue, err)
	}
	t.Log(queue)
	logs, err := filepath.Glob(filepath.Join(remote, "smoke", "slurm", "*.log"))
	if err != nil || len(logs) < 50 {
		t.Errorf("there are %d logs, %v; want one of each task", len(logs), err)
	}
	compareResults(t, filepath.Join(local, "smoke"), filepath.Join(remote, "smoke"))
}

// slurm is a cluster of one controller and three nodes on this machine.
type slurm struct{ dir string }

// startSlurm starts one; the environment leads this test's commands to it.
func startSlurm(t *testing.T) slurm {
	t.Helper()
	s := slurm{t.TempDir()}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	text, err := os.ReadFile("testdata/slurm.conf")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.dir, "slurm.conf"), strings.NewReplacer("HOST", host, "DIR", s.dir).Replace(string(text)))
	// The first of cgroup's plugins touches nothing until it is used, and nothing here uses it.
	write(t, filepath.Join(s.dir, "cgroup.conf"), "CgroupPlugin=cgroup/v1\n")
	t.Setenv("SLURM_CONF", filepath.Join(s.dir, "slurm.conf"))
	t.Cleanup(func() {
		for _, name := range []string{"n1", "n2", "n3", "controller"} {
			if pid := s.pid(name); pid > 0 {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	})
	command(t, "slurmctld", "-i")
	for n := 1; n <= 3; n++ {
		s.startNode(t, n)
	}
	s.wait(t, "three idle nodes", func() bool {
		return strings.TrimSpace(command(t, "sinfo", "--noheader", "--format=%D %T")) == "3 idle"
	})
	return s
}

func (s slurm) startNode(t *testing.T, n int) {
	t.Helper()
	command(t, "slurmd", "-N", fmt.Sprintf("n%d", n))
}

// pid returns the process number of a daemon, 0 if it never ran.
func (s slurm) pid(name string) int {
	text, _ := os.ReadFile(filepath.Join(s.dir, name+".pid"))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// kill ends the daemon of a node. What it started goes on, as after a lost network.
func (s slurm) kill(t *testing.T, n int) {
	t.Helper()
	if err := syscall.Kill(s.pid(fmt.Sprintf("n%d", n)), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

type slurmTask struct{ id, node string }

// ofRun returns the tasks of a run, in all arrays, that have not ended and are not on the lost node, whose tasks nobody
// can reach.
func (s slurm) ofRun(t *testing.T, run string) []string {
	t.Helper()
	var ids []string
	for _, task := range s.tasks(t, "") {
		if strings.HasSuffix(task.id, "_"+run) && task.node != "n1" {
			ids = append(ids, task.id)
		}
	}
	return ids
}

// completed reports whether a task of a run has ended well.
func (s slurm) completed(t *testing.T, run string) bool {
	t.Helper()
	return slices.ContainsFunc(s.tasks(t, "COMPLETED"), func(task slurmTask) bool {
		return strings.HasSuffix(task.id, "_"+run)
	})
}

// tasks returns those in a state; in none, those that have not ended.
func (s slurm) tasks(t *testing.T, state string) []slurmTask {
	t.Helper()
	args := []string{"--noheader", "--array", "--format=%i %N"}
	if state != "" {
		args = append(args, "--states="+state)
	}
	var tasks []slurmTask
	for line := range strings.Lines(command(t, "squeue", args...)) {
		id, node, _ := strings.Cut(strings.TrimSpace(line), " ")
		tasks = append(tasks, slurmTask{id, node})
	}
	return tasks
}

func (s slurm) wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Minute); !done(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s\n%s", what, command(t, "squeue", "--array", "--states=all"))
		}
	}
}

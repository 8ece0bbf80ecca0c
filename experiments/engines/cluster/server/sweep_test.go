package server

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

// What happens to three of the runs.
const (
	killedIndex = iota // its process is killed, as where memory runs out
	movedIndex         // its pod is deleted while it trains, and saves
	closedIndex        // its folder cannot be written to
)

// TestSweepOnARealJobControllerEndsWithTheSameBits submits the smoke profile's runs, kills a process, has a pod deleted
// and lets an index fail for good; then it puts that in order, submits again and collects.
func TestSweepOnARealJobControllerEndsWithTheSameBits(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("not root: pods run in a root of their own, as their user")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "sweep")
	build := exec.Command("go", "build", "-o", program, "./cmd/sweep")
	build.Dir, build.Env = "../../../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	matrix, err := os.ReadFile("../../../../experiments.toml")
	must(t, err)
	flags := []string{"-config", "../../../../experiments.toml", "-profile", "smoke"}
	local := filepath.Join(dir, "local")
	command(t, program, append(flags, "-threads", "1", "-out", local)...)
	plan := append(flags, "-out", filepath.Join(dir, "plan"))
	manifest := command(t, program, append([]string{"submit", "-engine", "kubernetes", "-at-once", "4", "-threads", "1"},
		plan...)...)
	var list struct{ Runs []struct{ ID string } }
	must(t, json.Unmarshal([]byte(command(t, program, append([]string{"plan", "-json"}, plan...)...)), &list))

	k := &kubelet{
		client: startKubernetes(t), root: newRoot(t, program, string(matrix)), running: map[string]*exec.Cmd{},
	}
	remote := filepath.Join(k.root, "results", "smoke")
	runFolder := func(index int) string { return filepath.Join(remote, "runs", list.Runs[index].ID) }
	k.start(t)

	// A run finds a folder that it may not write to: bad input, exit code 2.
	closed := runFolder(closedIndex)
	must(t, os.MkdirAll(filepath.Dir(closed), 0o755))
	must(t, os.Mkdir(closed, 0o555))
	for path := filepath.Dir(closed); path != k.root; path = filepath.Dir(path) {
		must(t, os.Chown(path, 65532, 65532))
	}
	runs, collect := apply(t, k.client, manifest)
	begun := func(index int) (pod string) {
		waitFor(t, fmt.Sprintf("the training of run %d", index), func() bool {
			pod = k.pod(runs, index)
			_, err := os.Stat(filepath.Join(runFolder(index), "run.json"))
			return err == nil && pod != "" || len(k.attempts(index)) > 0
		})
		return pod
	}
	if pod := begun(killedIndex); !k.signal(pod, syscall.SIGKILL) {
		t.Errorf("pod %q has ended before it was killed", pod)
	}
	must(t, k.client.CoreV1().Pods(namespace).Delete(t.Context(), begun(movedIndex), meta.DeleteOptions{}))

	last := len(list.Runs) - 1
	job := waitForJob(t, k.client, runs)
	if failed := job.Status.FailedIndexes; failed == nil || *failed != "2" ||
		job.Status.CompletedIndexes != fmt.Sprintf("0,1,3-%d", last) {
		t.Errorf("completed %s, failed %v; want all but 2", job.Status.CompletedIndexes, failed)
	}
	for index := range list.Runs {
		var codes []int
		attempts := k.attempts(index)
		for _, a := range attempts {
			codes = append(codes, a.code)
		}
		want, counted, ignored := []int{0}, "0", ""
		switch index {
		case killedIndex:
			want, counted = []int{137, 0}, "1"
		case movedIndex:
			want, ignored = []int{75, 0}, "1"
		case closedIndex:
			want = []int{2}
		}
		if !slices.Equal(codes, want) {
			t.Errorf("index %d: exit codes %v; want %v", index, codes, want)
			continue
		}
		if a := attempts[len(attempts)-1]; a.failed != counted || a.ignored != ignored {
			t.Errorf("index %d: %q failures counted, %q ignored; want %q and %q", index, a.failed, a.ignored, counted,
				ignored)
		}
	}

	must(t, os.Remove(closed))
	foreground := meta.DeletePropagationForeground
	andPods := meta.DeleteOptions{PropagationPolicy: &foreground}
	for _, name := range []string{runs, collect} {
		must(t, k.client.BatchV1().Jobs(namespace).Delete(t.Context(), name, andPods))
	}
	must(t, k.client.CoreV1().ConfigMaps(namespace).Delete(t.Context(), runs, meta.DeleteOptions{}))
	runs, collect = apply(t, k.client, strings.ReplaceAll(manifest, "sweep-smoke", "sweep-again"))
	job = waitForJob(t, k.client, runs)
	if job.Status.Succeeded != int32(len(list.Runs)) {
		t.Errorf("submitted again, %d runs succeeded; want %d", job.Status.Succeeded, len(list.Runs))
	}
	_, err = k.client.BatchV1().Jobs(namespace).Patch(t.Context(), collect, types.StrategicMergePatchType,
		[]byte(`{"spec": {"suspend": false}}`), meta.PatchOptions{})
	must(t, err)
	if job = waitForJob(t, k.client, collect); job.Status.Succeeded != 1 || job.Status.Failed != 0 {
		t.Errorf("collect: %+v", job.Status)
	}
	for index, run := range list.Runs {
		log, err := os.ReadFile(filepath.Join(runFolder(index), "run.log"))
		if n := strings.Count(string(log), `"msg":"tested"`); err != nil || n != 1 {
			t.Errorf("run %s was tested %d times, %v; want once", run.ID, n, err)
		}
	}
	// But for times, they are those of the local sweep.
	for folder, times := range map[string][]string{
		"runs": {"timing.json", "run.log"}, "tables": {"table-5.*", "summary.csv"}, "figures": nil,
	} {
		args := []string{"-r", "-q"}
		for _, name := range times {
			args = append(args, "-x", name)
		}
		args = append(args, filepath.Join(local, "smoke", folder), filepath.Join(remote, folder))
		out, err := exec.Command("diff", args...).CombinedOutput()
		if err != nil {
			t.Errorf("%s differ from those of the local sweep: %v\n%s", folder, err, out)
		}
	}
	t.Logf("%d runs in %d pods", len(list.Runs), len(k.ran))
}

// apply creates the objects of a manifest and returns the names of its Jobs.
func apply(t *testing.T, client *kubernetes.Clientset, manifest string) (runs, collect string) {
	t.Helper()
	parts := strings.Split(manifest, "\n---\n")
	if len(parts) != 3 {
		t.Fatalf("the manifest has %d objects; want three", len(parts))
	}
	var config core.ConfigMap
	must(t, yaml.UnmarshalStrict([]byte(parts[0]), &config))
	_, err := client.CoreV1().ConfigMaps(namespace).Create(t.Context(), &config, meta.CreateOptions{})
	must(t, err)
	var jobs [2]batch.Job
	for i := range jobs {
		must(t, yaml.UnmarshalStrict([]byte(parts[i+1]), &jobs[i]))
		_, err := client.BatchV1().Jobs(namespace).Create(t.Context(), &jobs[i], meta.CreateOptions{})
		must(t, err)
	}
	return jobs[0].Name, jobs[1].Name
}

// waitForJob returns a Job once it is Complete or Failed.
func waitForJob(t *testing.T, client *kubernetes.Clientset, name string) *batch.Job {
	t.Helper()
	var job *batch.Job
	waitFor(t, "the end of Job "+name, func() bool {
		var err error
		job, err = client.BatchV1().Jobs(namespace).Get(t.Context(), name, meta.GetOptions{})
		must(t, err)
		for _, c := range job.Status.Conditions {
			if (c.Type == batch.JobComplete || c.Type == batch.JobFailed) && c.Status == core.ConditionTrue {
				t.Logf("Job %s: %s (%s)", name, c.Type, c.Reason)
				return true
			}
		}
		return false
	})
	return job
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

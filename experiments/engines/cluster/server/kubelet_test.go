package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
)

// namespace is where everything is.
const namespace = "default"

// kubelet stands in for the nodes: it runs the command of each pod as a process, in a root that holds what the pod
// would find, as the pod's user, and reports its exit code. All pods share the root, as their volumes are the same.
type kubelet struct {
	client *kubernetes.Clientset
	root   string

	lock    sync.Mutex
	running map[string]*exec.Cmd // by the name of the pod
	ran     []attempt            // in the order of their ends
	wait    sync.WaitGroup
}

// attempt is a pod that has ended.
type attempt struct {
	name, index string
	code        int // exit code
	// What the Job controller says of the index's earlier pods.
	failed, ignored string
}

// start looks for pods until the test ends.
func (k *kubelet) start(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	looking := make(chan struct{})
	t.Cleanup(func() {
		cancel()
		<-looking
		k.lock.Lock()
		for _, command := range k.running {
			_ = command.Process.Kill()
		}
		k.lock.Unlock()
		k.wait.Wait()
	})
	go func() {
		defer close(looking)
		seen := map[string]bool{}
		for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
			pods, err := k.client.CoreV1().Pods(namespace).List(ctx, meta.ListOptions{})
			if err != nil {
				continue
			}
			for _, pod := range pods.Items {
				switch {
				case !seen[pod.Name] && pod.DeletionTimestamp == nil:
					seen[pod.Name] = true
					k.wait.Go(func() { k.run(ctx, t, pod) })
				case pod.DeletionTimestamp != nil:
					k.signal(pod.Name, syscall.SIGTERM)
				}
			}
		}
	}()
}

// run is the life of a pod.
func (k *kubelet) run(ctx context.Context, t *testing.T, pod core.Pod) {
	err := k.client.CoreV1().Pods(namespace).Bind(ctx, &core.Binding{
		ObjectMeta: meta.ObjectMeta{Name: pod.Name}, Target: core.ObjectReference{Kind: "Node", Name: "here"},
	}, meta.CreateOptions{})
	if err != nil {
		return // it is gone
	}
	index := pod.Annotations[batch.JobCompletionIndexAnnotation]
	container, user := pod.Spec.Containers[0], uint32(*pod.Spec.SecurityContext.RunAsUser)
	command := exec.Command("/sweep")
	for _, arg := range container.Args {
		command.Args = append(command.Args, strings.ReplaceAll(arg, "$(JOB_COMPLETION_INDEX)", index))
	}
	var out strings.Builder
	command.Dir, command.Env, command.Stdout, command.Stderr = "/", []string{}, &out, &out
	command.SysProcAttr = &syscall.SysProcAttr{
		Chroot: k.root, Credential: &syscall.Credential{Uid: user, Gid: user}, Pdeathsig: syscall.SIGKILL,
	}
	k.lock.Lock()
	err = command.Start()
	if err == nil {
		k.running[pod.Name] = command
	}
	k.lock.Unlock()
	if err != nil {
		t.Errorf("pod %s: %v", pod.Name, err)
		return
	}
	k.report(ctx, t, pod.Name, core.PodRunning, core.ContainerState{Running: &core.ContainerStateRunning{}})
	_ = command.Wait()
	code := command.ProcessState.ExitCode()
	if status := command.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		code = 128 + int(status.Signal())
	}
	k.lock.Lock()
	delete(k.running, pod.Name)
	k.ran = append(k.ran, attempt{
		pod.Name, index, code,
		pod.Annotations[batch.JobIndexFailureCountAnnotation], pod.Annotations[batch.JobIndexIgnoredFailureCountAnnotation],
	})
	k.lock.Unlock()
	phase := core.PodSucceeded
	if code != 0 {
		phase = core.PodFailed
		t.Logf("pod %s, index %q, exit code %d: %s", pod.Name, index, code, lastLine(out.String()))
	}
	k.report(ctx, t, pod.Name, phase, core.ContainerState{Terminated: &core.ContainerStateTerminated{
		ExitCode: int32(code), FinishedAt: meta.Now(),
	}})
	if now, err := k.client.CoreV1().Pods(namespace).Get(ctx, pod.Name, meta.GetOptions{}); err == nil &&
		now.DeletionTimestamp != nil {
		at := int64(0)
		_ = k.client.CoreV1().Pods(namespace).Delete(ctx, pod.Name, meta.DeleteOptions{GracePeriodSeconds: &at})
	}
}

// report writes a pod's status.
func (k *kubelet) report(
	ctx context.Context, t *testing.T, name string, phase core.PodPhase, state core.ContainerState,
) {
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		pod, err := k.client.CoreV1().Pods(namespace).Get(ctx, name, meta.GetOptions{})
		if err != nil {
			return err
		}
		pod.Status.Phase = phase
		pod.Status.ContainerStatuses = []core.ContainerStatus{{
			Name: pod.Spec.Containers[0].Name, Image: pod.Spec.Containers[0].Image, State: state,
		}}
		_, err = k.client.CoreV1().Pods(namespace).UpdateStatus(ctx, pod, meta.UpdateOptions{})
		return err
	})
	if err != nil && ctx.Err() == nil {
		t.Errorf("report that pod %s is %s: %v", name, phase, err)
	}
}

// signal sends a signal to a pod's process, and reports whether it runs. A second TERM would end sweep at once, so each
// is sent one.
func (k *kubelet) signal(pod string, signal syscall.Signal) bool {
	k.lock.Lock()
	defer k.lock.Unlock()
	command, ok := k.running[pod]
	if !ok {
		return false
	}
	delete(k.running, pod)
	return command.Process.Signal(signal) == nil
}

// attempts returns the pods of an index that have ended so far.
func (k *kubelet) attempts(index int) (all []attempt) {
	k.lock.Lock()
	defer k.lock.Unlock()
	for _, a := range k.ran {
		if a.index == strconv.Itoa(index) {
			all = append(all, a)
		}
	}
	return all
}

// pod returns the name of the running pod of a Job's index; "" if there is none.
func (k *kubelet) pod(job string, index int) string {
	k.lock.Lock()
	defer k.lock.Unlock()
	for name := range k.running {
		if strings.HasPrefix(name, fmt.Sprintf("%s-%d-", job, index)) {
			return name
		}
	}
	return ""
}

// newRoot makes what a container of the image and the manifest's volumes finds: the program, the matrix, folders for
// results and temporary files that its user may write to, and the kernel's /proc. It returns the root.
func newRoot(t *testing.T, program string, matrix string) string {
	t.Helper()
	root := t.TempDir()
	must(t, os.Chmod(root, 0o755))
	must(t, os.Chmod(filepath.Dir(root), 0o755))
	content, err := os.ReadFile(program)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(root, "sweep"), content, 0o755))
	for _, dir := range []string{"config", "results", "tmp", "proc"} {
		must(t, os.Mkdir(filepath.Join(root, dir), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(root, "config", "experiments.toml"), []byte(matrix), 0o644))
	for _, dir := range []string{"results", "tmp"} {
		must(t, os.Chown(filepath.Join(root, dir), 65532, 65532))
	}
	must(t, syscall.Mount("proc", filepath.Join(root, "proc"), "proc", syscall.MS_RDONLY, ""))
	t.Cleanup(func() {
		if err := syscall.Unmount(filepath.Join(root, "proc"), syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount /proc: %v", err)
		}
	})
	return root
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// command runs a program and returns its standard output.
func command(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w\n%s%s", err, out, failed.Stderr)
	}
	if err != nil {
		t.Fatalf("%s %q: %v", program, args, err)
	}
	return string(out)
}

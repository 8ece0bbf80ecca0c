package cluster

import (
	"os"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// manifest is what sweep prints.
type manifest struct {
	config        core.ConfigMap
	runs, collect batch.Job
}

// read decodes a manifest; an unknown, misplaced or doubled field is an error.
func read(t *testing.T, path string) manifest {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "\n---\n")
	var m manifest
	into := []any{&m.config, &m.runs, &m.collect}
	if len(parts) != len(into) {
		t.Fatalf("%s has %d objects; want a ConfigMap and two Jobs", path, len(parts))
	}
	for i, part := range parts {
		if err := yaml.UnmarshalStrict([]byte(part), into[i]); err != nil {
			t.Fatalf("%s, object %d: %v", path, i+1, err)
		}
	}
	return m
}

// TestManifestsSayWhatTheyMean decodes what package engines prints into Kubernetes' types.
func TestManifestsSayWhatTheyMean(t *testing.T) {
	for _, name := range []string{"kubernetes.yaml", "kubernetes-gpu.yaml"} {
		t.Run(name, func(t *testing.T) {
			m := read(t, "../testdata/"+name)
			gpu := strings.Contains(name, "gpu")
			if m.config.APIVersion+m.config.Kind != "v1ConfigMap" || m.config.Immutable == nil || !*m.config.Immutable ||
				m.config.Data["experiments.toml"] != "# a \"matrix\"\n\t[profile.smoke]\n" {
				t.Errorf("the matrix is %+v", m.config)
			}
			runs := m.runs.Spec
			if m.runs.APIVersion+m.runs.Kind != "batch/v1Job" || *runs.CompletionMode != batch.IndexedCompletion ||
				*runs.Completions != 5 || *runs.BackoffLimitPerIndex != 3 || *runs.PodReplacementPolicy != batch.Failed {
				t.Errorf("the runs are no Indexed Job of five with three more attempts each: %+v", runs)
			}
			if got := actions(runs.PodFailurePolicy); got != "2 FailIndex, 75 Ignore, DisruptionTarget Ignore, 1 Count" {
				t.Errorf("a failed pod: %s", got)
			}
			for _, job := range []batch.Job{m.runs, m.collect} {
				checkPod(t, job.Name, job.Spec.Template.Spec, gpu && job.Name == m.runs.Name)
			}
			queue := m.runs.Labels["kueue.x-k8s.io/queue-name"]
			if waits := runs.Suspend != nil && *runs.Suspend; gpu != waits || gpu != (queue == "team") {
				t.Errorf("suspended %v, in queue %q; want both or neither", waits, queue)
			}
			if m.collect.Spec.Suspend == nil || !*m.collect.Spec.Suspend {
				t.Error("collect does not wait for the runs")
			}
		})
	}
}

// actions describes the rules for failed pods.
func actions(policy *batch.PodFailurePolicy) string {
	var all []string
	for _, rule := range policy.Rules {
		for _, condition := range rule.OnPodConditions {
			all = append(all, string(condition.Type)+" "+string(rule.Action))
		}
		if codes := rule.OnExitCodes; codes != nil && codes.Operator == batch.PodFailurePolicyOnExitCodesOpIn &&
			*codes.ContainerName == "sweep" {
			for _, code := range codes.Values {
				all = append(all, map[int32]string{1: "1 ", 2: "2 ", 75: "75 "}[code]+string(rule.Action))
			}
		}
	}
	return strings.Join(all, ", ")
}

// checkPod requires least privilege, and what the plan asks for.
func checkPod(t *testing.T, job string, pod core.PodSpec, gpu bool) {
	t.Helper()
	all, container := pod.SecurityContext, pod.Containers[0]
	own := container.SecurityContext
	if !*all.RunAsNonRoot || *all.RunAsUser == 0 || all.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault ||
		*own.AllowPrivilegeEscalation || !*own.ReadOnlyRootFilesystem || len(own.Capabilities.Drop) != 1 ||
		own.Capabilities.Drop[0] != "ALL" || *pod.AutomountServiceAccountToken {
		t.Errorf("%s: a pod may do more than it must: %+v %+v", job, all, own)
	}
	if pod.RestartPolicy != core.RestartPolicyNever {
		t.Errorf("%s: restart policy %s", job, pod.RestartPolicy)
	}
	if memory := container.Resources.Limits.Memory(); memory.Value() < 1<<30 ||
		!memory.Equal(*container.Resources.Requests.Memory()) {
		t.Errorf("%s: memory %v of %v", job, container.Resources.Requests.Memory(), memory)
	}
	if got := container.Resources.Limits["nvidia.com/gpu"]; (got.Value() == 1) != gpu {
		t.Errorf("%s: %v GPUs", job, got.Value())
	}
	volumes := map[string]core.Volume{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = v
	}
	for _, mount := range container.VolumeMounts {
		if _, ok := volumes[mount.Name]; !ok {
			t.Errorf("%s: mounts volume %s, which there is not", job, mount.Name)
		}
		if readOnly := mount.MountPath != "/results" && mount.MountPath != "/tmp"; mount.ReadOnly != readOnly {
			t.Errorf("%s: %s is read-only: %v", job, mount.MountPath, mount.ReadOnly)
		}
		delete(volumes, mount.Name)
	}
	if len(volumes) > 0 {
		t.Errorf("%s: nothing mounts %v", job, volumes)
	}
}

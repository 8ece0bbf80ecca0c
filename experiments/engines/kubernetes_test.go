package engines

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/experiments"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestManifestsAreThoseThatKubernetesTypesRead compares with files that the module in cluster decodes strictly.
func TestManifestsAreThoseThatKubernetesTypesRead(t *testing.T) {
	plain := Kubernetes{
		Image: "registry.example/sweep:1", Matrix: "# a \"matrix\"\n\t[profile.smoke]\n", ResultsClaim: "sweep-results",
		Arguments: []string{"-config", ContainerConfig, "-profile", "smoke", "-only", "a=b c|d: 'e'"},
		Run:       []string{"-threads", "2"}, Threads: 2,
	}
	full := plain
	full.DataClaim, full.Queue, full.AtOnce = "sweep-data", "team", 3
	gpu := examplePlan(5)
	gpu.Device, gpu.Profile = "cuda-tf32", "A_b: c"
	for name, c := range map[string]struct {
		kubernetes Kubernetes
		plan       experiments.Agenda
	}{
		"kubernetes.yaml": {plain, examplePlan(5)}, "kubernetes-gpu.yaml": {full, gpu},
	} {
		text, err := c.kubernetes.Manifest(c.plan)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			write(t, path, text)
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if text != string(want) {
			t.Errorf("%s is not what is printed now (go test -update writes it):\n%s", path, text)
		}
	}
}

// TestManifestThatNoClusterTakesIsRefused: what the API server would refuse is said before.
func TestManifestThatNoClusterTakesIsRefused(t *testing.T) {
	large := Kubernetes{Matrix: strings.Repeat("#", 1<<20)}
	if _, err := large.Manifest(examplePlan(1)); err == nil || !strings.Contains(err.Error(), "ConfigMap") {
		t.Errorf("a matrix of a megabyte: %v", err)
	}
	many := experiments.Agenda{Runs: make([]experiments.AgendaItem, MaxCompletions+1)}
	if _, err := (Kubernetes{}).Manifest(many); err == nil || !strings.Contains(err.Error(), "-only") {
		t.Errorf("%d runs: %v", len(many.Runs), err)
	}
}

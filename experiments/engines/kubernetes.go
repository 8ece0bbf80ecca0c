package engines

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"

	"r2unet/evaluate/record"
	"r2unet/experiments"
)

// Kubernetes is what a manifest needs to know beside the plan.
type Kubernetes struct {
	Image        string   // with sweep as its entry point, see Containerfile
	Matrix       string   // content of the TOML file
	Arguments    []string // of `sweep run` and `sweep collect`, with the paths in the container
	Run          []string // further ones of `sweep run`
	Threads      int      // of a pod
	AtOnce       int      // pods at once; 0 = as many as the cluster has room for
	DataClaim    string   // persistent volume claim with the datasets; "" = all are drawn
	ResultsClaim string   // persistent volume claim for results, which several nodes can write to at once
	Queue        string   // local queue of Kueue; "" = none
}

// Paths in the container.
const (
	ContainerConfig  = "/config/experiments.toml"
	ContainerData    = "/data"
	ContainerResults = "/results"
)

// MaxCompletions is the most that an Indexed Job with a back-off limit for each index may have.
const MaxCompletions = 100_000

// maxConfigMap is the most bytes that a ConfigMap may hold, less some for what is around them.
const maxConfigMap = 1<<20 - 1<<10

//go:embed kubernetes.yaml.tmpl
var kubernetesText string

var kubernetesTemplate = template.Must(template.New("kubernetes").Funcs(template.FuncMap{
	"quote": yamlQuote, "line": commentLine,
}).Parse(kubernetesText))

// Manifest returns a ConfigMap with the matrix, an Indexed Job with an index for each run of the plan, and a suspended
// Job that collects the results.
func (k Kubernetes) Manifest(p experiments.Agenda) (string, error) {
	switch {
	case len(p.Runs) > MaxCompletions:
		return "", fmt.Errorf("%d runs are more than the %d indices that a Job may have; submit parts with -only",
			len(p.Runs), MaxCompletions)
	case len(k.Matrix) > maxConfigMap:
		return "", fmt.Errorf("%s has %d bytes, more than the %d that a ConfigMap may hold", p.Config, len(k.Matrix),
			maxConfigMap)
	}
	_, bytes := limits(p.Runs)
	atOnce := k.AtOnce
	if atOnce == 0 || atOnce > len(p.Runs) {
		atOnce = len(p.Runs)
	}
	data := struct {
		Kubernetes
		Name, Profile                string
		Completions, AtOnce, Retries int
		Megabytes                    int
		GPU                          bool
		Total, MemoryMargin          string
	}{
		Kubernetes: k, Name: kubernetesName(p.Profile), Profile: p.Profile,
		Completions: len(p.Runs), AtOnce: atOnce, Retries: Retries,
		Megabytes: int(bytes>>20) + 1, GPU: onGPU(p), Total: roughly(total(p.Runs)),
		MemoryMargin: fmt.Sprintf("times %g and %d MiB", MemoryFactor, MemoryExtra>>20),
	}
	var b strings.Builder
	if err := kubernetesTemplate.Execute(&b, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

// kubernetesName returns a profile's name for Kubernetes: letters, digits and hyphens, short enough for a pod's name
// to add an index and five characters.
func kubernetesName(profile string) string {
	name := "sweep-" + strings.ReplaceAll(record.Slug(profile), "_", "-")
	return strings.Trim(name[:min(len(name), 40)], "-")
}

// yamlQuote returns text as a string of YAML, of which JSON's are a part.
func yamlQuote(text string) (string, error) {
	quoted, err := json.Marshal(text)
	return string(quoted), err
}

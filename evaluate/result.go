package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate/measures"
)

// Status is the state of a run.
type Status string

// The states of a run. Only a finished one has measures.
const (
	Pending  Status = "pending"
	Running  Status = "running"
	Finished Status = "finished"
	Failed   Status = "failed"
)

// OnValidation is the value of [Result.Assessed] for a run that was measured on the validation images of its
// fold. Settings are chosen on those, so tables keep these runs apart from the paper's and from runs on test
// images.
const OnValidation = "validation"

// A Result is the outcome of one run of the matrix, for tables, figures and the report. It is plain JSON and
// does not depend on when and where the run ran: timings are in Cost, which is stored separately.
type Result struct {
	RunID  string `json:"run_id"`
	Status Status `json:"status"`
	Error  string `json:"error,omitempty"` // why a failed run failed

	Dataset string `json:"dataset"` // DRIVE, STARE, CHASE_DB1, ISIC2017 or Lung
	Phantom bool   `json:"phantom"` // phantom images instead of real ones
	// Assessed is the set of images measured: OnValidation, or "" for the test images of the fold.
	Assessed string `json:"assessed,omitempty"`
	// Note is what a reader of the row must know, e.g. "tested on held-out training images"
	Note string `json:"note,omitempty"`

	// DataHash distinguishes runs on different files: the first digits of the dataset's hash; "" in records
	// of earlier versions.
	DataHash string `json:"data_hash,omitempty"`
	// Data records how much was trained and tested on; nil in records of earlier versions.
	Data *Data `json:"data,omitempty"`
	// Kernels that computed the run, e.g. "AVX-512"; "" if they were not recorded.
	Kernels string `json:"kernels,omitempty"`

	// Observer marks the labels of a second observer, measured in place of a network's predictions.
	Observer bool `json:"observer,omitempty"`

	Architecture string  `json:"architecture"`     // its name in the matrix, tables and figures
	Facets       []Facet `json:"facets,omitempty"` // its settings that are not at their default, in the order of tables

	Fold  int    `json:"fold"`  // from 0
	Folds int    `json:"folds"` // that the dataset has
	Seed  uint64 `json:"seed"`

	// Patients names the patient of each tested image; nil where each image counts as of another patient.
	Patients map[string]string `json:"patients,omitempty"`

	Parameters int      `json:"parameters"` // trainable parameters
	Epochs     int      `json:"epochs"`     // trained
	Threshold  float64  `json:"threshold"`  // threshold of the measures; 0 means DefaultThreshold
	Measures   Measures `json:"measures"`
	// Classes holds the measures of each foreground class against the rest if there are several; Measures is then their
	// mean.
	Classes []ClassMeasures `json:"classes,omitempty"`

	// Cost varies between executions of the same run, so it is stored in timing.json and not in run.json.
	Cost Cost `json:"-"`

	class string          // whose measures these are, see EachClass
	each  []ClassMeasures // that Measures are the mean of, see EachClass
	place int             // of the class among the others; 0 is that of the mean
}

// Cost is the time and memory that a run took. It differs between machines and executions.
type Cost struct {
	Device                string      `json:"device"`                   // in words, e.g. "cpu: Intel Xeon, 2 threads"
	TrainSeconds          float64     `json:"train_seconds"`            // training without validation and test
	TrainSamplesPerSecond float64     `json:"train_samples_per_second"` // patches or images
	PeakMemoryBytes       int64       `json:"peak_memory_bytes"`        // of the process
	Inference             []Inference `json:"inference"`                // per protocol
}

// Inference is the time that testing took under one protocol.
type Inference struct {
	Protocol         string  `json:"protocol"`         // "whole" image in one pass, or overlapping "patches"
	Stride           int     `json:"stride,omitempty"` // between neighbouring patches, px
	Width            int     `json:"width"`            // of a sample, px
	Height           int     `json:"height"`           // of a sample, px
	Samples          int     `json:"samples"`          // timed
	SecondsPerSample float64 `json:"seconds_per_sample"`
}

// Way returns the protocol with its stride, e.g. "patches, 24 px apart".
func (i Inference) Way() string {
	if i.Stride > 0 {
		return fmt.Sprintf("%s, %d px apart", i.Protocol, i.Stride)
	}
	return i.Protocol
}

// printed is a dataset of the paper's tables.
type printed struct {
	name    string // in the paper's tables and ours
	table   int
	aliases []string // in lower case, without spaces, "-" and "_"
}

// printedDatasets lists the paper's datasets in its order.
var printedDatasets = []printed{
	{"DRIVE", 1, []string{"drive"}},
	{"STARE", 1, []string{"stare"}},
	{"CHASE_DB1", 1, []string{"chasedb1", "chase"}},
	{"Skin cancer", 2, []string{"skincancer", "skin", "isic2017", "isic"}},
	{"Lung", 3, []string{"lung", "lungs", "luna"}},
}

// separators removes the separators that names of datasets may contain.
var separators = strings.NewReplacer(" ", "", "-", "", "_", "")

// PlainDataset returns a dataset's name in lower case without separators: "chasedb1".
func PlainDataset(name string) string { return separators.Replace(strings.ToLower(name)) }

// datasetOf finds a dataset among the paper's; ok is false if it is not one of them.
func datasetOf(name string) (place int, ok bool) {
	plain := PlainDataset(name)
	for i, d := range printedDatasets {
		if slices.Contains(d.aliases, plain) {
			return i, true
		}
	}
	return len(printedDatasets), false
}

// paperPlace returns the place of r's dataset in the paper's tables; ok is false if r does not belong there.
func (r *Result) paperPlace() (place int, ok bool) {
	if r.Assessed != "" {
		return len(printedDatasets), false
	}
	return datasetOf(r.Dataset)
}

// table returns the number of r's table of quality; 0 if r was run on no dataset.
func (r *Result) table() int {
	place, ok := r.paperPlace()
	switch {
	case r.Dataset == "":
		return 0
	case r.Assessed != "":
		return Validation
	case ok:
		return printedDatasets[place].table
	}
	return Others
}

// Images returns the kind of images measured: "test images" or "validation images".
func (r *Result) Images() string {
	if r.Assessed != "" {
		return "validation images"
	}
	return "test images"
}

// InPaper reports whether a dataset of this name is one of the paper's.
func InPaper(name string) bool {
	_, ok := datasetOf(name)
	return ok
}

// Cut returns the threshold from which on the run's pixels counted as foreground.
func (r *Result) Cut() float64 { return cmp.Or(r.Threshold, DefaultThreshold) }

// Scope returns the pixels that the main measures of a run are over: "inside the FOV", or "over the whole
// image" if no pixel lies outside the field of view.
func (r *Result) Scope() string {
	if (group{r}).hasFOV() {
		return "inside the FOV"
	}
	return "over the whole image"
}

// Summary returns the main result in a line: "AUC 0.9784, F1 0.8171 inside the FOV, 20 of 20 test images".
func (r *Result) Summary() string {
	show := func(m *measures.Measure) string {
		return fmt.Sprintf("%s %s", m.Name, number(summary{r.Measures.Shown(m), math.NaN()}, 4).Text)
	}
	return fmt.Sprintf("%s, %s %s, %s %s", show(measures.AUC), show(measures.F1), r.Scope(), r.Tested(), r.Images())
}

// DatasetLabel returns the dataset's name, marked if it is a phantom or its validation images were measured:
// "DRIVE (phantom)", "DRIVE (validation images)". Of a result of EachClass it names the class too.
func (r *Result) DatasetLabel() string { return r.label(r.class) }

// dataLabel is DatasetLabel without a class.
func (r *Result) dataLabel() string { return r.label("") }

func (r *Result) label(class string) string {
	var parts []string
	if r.Phantom {
		parts = append(parts, "phantom")
	}
	if r.Assessed != "" {
		parts = append(parts, r.Images())
	}
	if class != "" {
		parts = append(parts, class)
	}
	if len(parts) == 0 {
		return r.Dataset
	}
	return fmt.Sprintf("%s (%s)", r.Dataset, strings.Join(parts, ", "))
}

// CompareResults orders results as the paper's tables do, then by all other differences, so that no table
// depends on the order in which runs finish.
func CompareResults(a, b *Result) int {
	place := func(r *Result) int {
		i, _ := r.paperPlace()
		return i
	}
	// avoids the lookup for most pairs
	if a.Dataset != b.Dataset || a.Phantom != b.Phantom || a.Assessed != b.Assessed {
		if c := cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a.dataLabel(), b.dataLabel())); c != 0 {
			return c
		}
	}
	if a.place != b.place {
		return cmp.Compare(a.place, b.place)
	}
	if c := cmp.Or(cmp.Compare(a.family(), b.family()), compareFacets(a.Facets, b.Facets, inName)); c != 0 {
		return c
	}
	if a.Architecture != b.Architecture || a.Architecture == "" {
		if c := strings.Compare(a.Label(), b.Label()); c != 0 {
			return c
		}
	}
	return cmp.Or(
		compareFacets(a.Facets, b.Facets, func(f Facet) bool { return f.Text != "" }),
		strings.Compare(a.Architecture, b.Architecture),
		compareFacets(a.Facets, b.Facets, func(Facet) bool { return true }),
		strings.Compare(a.data(), b.data()),
		cmp.Compare(a.Seed, b.Seed),
		cmp.Compare(a.Fold, b.Fold),
		strings.Compare(a.Note, b.Note),
		strings.Compare(a.RunID, b.RunID),
	)
}

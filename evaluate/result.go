package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate/measures"
)

// Status says how far a run has come.
type Status string

// The states of a run. Only a finished one has measures.
const (
	Pending  Status = "pending"
	Running  Status = "running"
	Finished Status = "finished"
	Failed   Status = "failed"
)

// OnValidation is what [Result.Assessed] says of a run that was measured on the validation images of its fold. Settings
// are chosen on those, so its numbers stand apart from the paper's and from those of test images.
const OnValidation = "validation"

// A Result is what one run of the matrix hands to tables, figures and the
// report. It is plain JSON, and the same for the same run whenever and wherever
// it ran: what tells time is in Cost, which is stored apart.
type Result struct {
	RunID  string `json:"run_id"`
	Status Status `json:"status"`
	Error  string `json:"error,omitempty"` // why a failed run failed

	Dataset string `json:"dataset"` // DRIVE, STARE, CHASE_DB1, ISIC2017 or Lung
	Phantom bool   `json:"phantom"` // drawn, not real images
	// Assessed says which images of the fold were measured: OnValidation, or "" for the test images.
	Assessed string `json:"assessed,omitempty"`
	Note     string `json:"note,omitempty"` // what a reader of the row must know, e.g. "tested on held-out training images"

	// DataHash tells runs on other files apart: the first digits of the dataset's hash; "" in records of earlier versions.
	DataHash string `json:"data_hash,omitempty"`
	// Data says how much was trained and tested on; nil in records of earlier versions.
	Data *Data `json:"data,omitempty"`
	// Kernels that computed the run, e.g. "AVX-512"; "" where they were not recorded.
	Kernels string `json:"kernels,omitempty"`

	Architecture string  `json:"architecture"`     // its name in the matrix, which tables and figures call it by
	Facets       []Facet `json:"facets,omitempty"` // its settings that are not at their default, in the order of tables

	Fold  int    `json:"fold"`  // from 0
	Folds int    `json:"folds"` // that the dataset has
	Seed  uint64 `json:"seed"`

	Parameters int      `json:"parameters"` // trainable numbers
	Epochs     int      `json:"epochs"`     // trained
	Threshold  float64  `json:"threshold"`  // that the measures were taken at; 0 means DefaultThreshold
	Measures   Measures `json:"measures"`

	// Cost tells time, so it is kept out of run.json and stored in timing.json.
	Cost Cost `json:"-"`
}

// Cost is what a run took. It differs from machine to machine and from day to day.
type Cost struct {
	Device                string      `json:"device"`                   // in words, e.g. "cpu: Intel Xeon, 2 threads"
	TrainSeconds          float64     `json:"train_seconds"`            // training without validation and test
	TrainSamplesPerSecond float64     `json:"train_samples_per_second"` // patches or images
	PeakMemoryBytes       int64       `json:"peak_memory_bytes"`        // of the process
	Inference             []Inference `json:"inference"`                // per protocol
}

// Inference is the time that testing took.
type Inference struct {
	Protocol         string  `json:"protocol"`         // "whole" image in one pass, or overlapping "patches"
	Stride           int     `json:"stride,omitempty"` // between neighbouring patches, px
	Width            int     `json:"width"`            // of a sample, px
	Height           int     `json:"height"`           // of a sample, px
	Samples          int     `json:"samples"`          // timed
	SecondsPerSample float64 `json:"seconds_per_sample"`
}

// Way is the protocol with its stride, e.g. "patches, 24 px apart".
func (i Inference) Way() string {
	if i.Stride > 0 {
		return fmt.Sprintf("%s, %d px apart", i.Protocol, i.Stride)
	}
	return i.Protocol
}

// printed is a dataset of the paper's tables.
type printed struct {
	name    string // as the paper's tables and ours print it
	table   int
	aliases []string // without case, spaces, "-" and "_"
}

// printedDatasets in the paper's order.
var printedDatasets = []printed{
	{"DRIVE", 1, []string{"drive"}},
	{"STARE", 1, []string{"stare"}},
	{"CHASE_DB1", 1, []string{"chasedb1", "chase"}},
	{"Skin cancer", 2, []string{"skincancer", "skin", "isic2017", "isic"}},
	{"Lung", 3, []string{"lung", "lungs", "luna"}},
}

// separators are what names of datasets may be written with.
var separators = strings.NewReplacer(" ", "", "-", "", "_", "")

// PlainDataset is a dataset's name without case and separators: "chasedb1".
func PlainDataset(name string) string { return separators.Replace(strings.ToLower(name)) }

// datasetOf finds a dataset among the paper's; ok is false where it is not there.
func datasetOf(name string) (place int, ok bool) {
	plain := PlainDataset(name)
	for i, d := range printedDatasets {
		if slices.Contains(d.aliases, plain) {
			return i, true
		}
	}
	return len(printedDatasets), false
}

// paperPlace is the place of the dataset that r belongs beside in the paper's tables; ok is false where there is none.
func (r *Result) paperPlace() (place int, ok bool) {
	if r.Assessed != "" {
		return len(printedDatasets), false
	}
	return datasetOf(r.Dataset)
}

// table is the number of the table of quality that r belongs in; 0 where it was run on no dataset.
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

// Images says which images r was measured on: "test images" or "validation images".
func (r *Result) Images() string {
	if r.Assessed != "" {
		return "validation images"
	}
	return "test images"
}

// InPaper reports whether a dataset of this name is shown among those of the paper.
func InPaper(name string) bool {
	_, ok := datasetOf(name)
	return ok
}

// Cut is the probability from which on the run's pixels counted as foreground.
func (r *Result) Cut() float64 { return cmp.Or(r.Threshold, DefaultThreshold) }

// Scope says over which pixels the main measures of a run were taken: "inside the FOV", or "over the whole image" where no
// pixel lies outside of a field of view.
func (r *Result) Scope() string {
	if (group{r}).hasFOV() {
		return "inside the FOV"
	}
	return "over the whole image"
}

// Summary is the main result in a line: "AUC 0.9784, F1 0.8171 inside the FOV, 20 of 20 test images".
func (r *Result) Summary() string {
	show := func(m *measures.Measure) string {
		return fmt.Sprintf("%s %s", m.Name, number(summary{r.Measures.Shown(m), math.NaN()}, 4).Text)
	}
	return fmt.Sprintf("%s, %s %s, %s %s", show(measures.AUC), show(measures.F1), r.Scope(), r.Tested(), r.Images())
}

// DatasetLabel names the dataset, and says so where it is drawn or where its validation images were measured: "DRIVE
// (phantom)", "DRIVE (validation images)".
func (r *Result) DatasetLabel() string {
	var parts []string
	if r.Phantom {
		parts = append(parts, "phantom")
	}
	if r.Assessed != "" {
		parts = append(parts, r.Images())
	}
	if len(parts) == 0 {
		return r.Dataset
	}
	return fmt.Sprintf("%s (%s)", r.Dataset, strings.Join(parts, ", "))
}

// CompareResults orders results as the paper's tables do, then by everything
// else that tells them apart, so that no table depends on the order in which
// runs finish.
func CompareResults(a, b *Result) int {
	place := func(r *Result) int {
		i, _ := r.paperPlace()
		return i
	}
	if a.Dataset != b.Dataset || a.Phantom != b.Phantom || a.Assessed != b.Assessed { // most of a sweep's are not looked up
		if c := cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a.DatasetLabel(), b.DatasetLabel())); c != 0 {
			return c
		}
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
		strings.Compare(a.DataHash, b.DataHash),
		strings.Compare(a.Note, b.Note),
		cmp.Compare(a.Seed, b.Seed),
		cmp.Compare(a.Fold, b.Fold),
		strings.Compare(a.RunID, b.RunID),
	)
}

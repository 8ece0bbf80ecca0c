package evaluate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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

// A Result is what one run of the matrix hands to tables, figures and the
// report. It is plain JSON, and the same for the same run whenever and wherever
// it ran: what tells time is in Cost, which is stored apart.
type Result struct {
	RunID  string `json:"run_id"`
	Status Status `json:"status"`
	Error  string `json:"error,omitempty"` // why a failed run failed

	Dataset string `json:"dataset"`        // DRIVE, STARE, CHASE_DB1, ISIC2017 or Lung
	Phantom bool   `json:"phantom"`        // drawn, not real images
	Note    string `json:"note,omitempty"` // what a reader of the row must know, e.g. "tested on held-out training images"

	Architecture string `json:"architecture"` // its name in the matrix
	Method       string `json:"method"`       // its name in the paper; empty means that of its block
	Block        string `json:"block"`        // forward, residual, recurrent or recurrent-residual
	T            int    `json:"t"`            // recurrent steps, 0 where nothing recurs
	Weights      string `json:"weights"`      // shared, per-step or tied; empty where nothing recurs
	Norm         string `json:"norm"`         // batch or none
	Channels     []int  `json:"channels"`     // of each level

	Fold  int    `json:"fold"`  // from 0
	Folds int    `json:"folds"` // that the dataset has
	Seed  uint64 `json:"seed"`

	Parameters int      `json:"parameters"` // trainable numbers
	Epochs     int      `json:"epochs"`     // trained
	Threshold  float64  `json:"threshold"`  // of the measures
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

// family is a network of the paper, whatever its tables call it.
type family struct {
	block string
	names []string // in the paper; ours is the first
}

// families in the order of the paper's tables.
var families = []family{
	{"forward", []string{"U-Net"}},
	{"residual", []string{"ResU-Net", "Residual U-Net"}},
	{"recurrent", []string{"RU-Net", "Recurrent U-Net", "RecU-Net"}},
	{"recurrent-residual", []string{"R2U-Net"}},
}

// method is the paper's name of the network made of r's block; a network of a block that the paper does not have keeps its
// name in the matrix.
func (r *Result) method() string {
	for _, f := range families {
		if f.block == r.Block {
			return f.names[0]
		}
	}
	return cmp.Or(r.Architecture, r.Block)
}

// familyOf returns the place of a method in the paper's order, whichever of its
// names is used and with or without "(t=2)"; len(families) where it has none.
func familyOf(method string) int {
	name, _, _ := strings.Cut(method, " (")
	for i, f := range families {
		if slices.ContainsFunc(f.names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return i
		}
	}
	return len(families)
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

// datasetOf finds a dataset among the paper's; ok is false where it is not there.
func datasetOf(name string) (place int, ok bool) {
	plain := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(name))
	for i, d := range printedDatasets {
		if slices.Contains(d.aliases, plain) {
			return i, true
		}
	}
	return len(printedDatasets), false
}

// Label is the network's name with its number of steps, e.g. "R2U-Net (t=2)".
func (r *Result) Label() string {
	name := cmp.Or(r.Method, r.method())
	if r.T > 0 {
		name = fmt.Sprintf("%s (t=%d)", name, r.T)
	}
	return name
}

// Setting is what tells apart two networks of one label, e.g. "shared, batch, 16–32–64–128".
func (r *Result) Setting() string {
	var parts []string
	for _, part := range []string{r.Weights, r.Norm} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(r.Channels) > 0 {
		parts = append(parts, strings.Trim(strings.ReplaceAll(fmt.Sprint(r.Channels), " ", "–"), "[]"))
	}
	return strings.Join(parts, ", ")
}

// DatasetLabel names the dataset, and says so where it is drawn: "DRIVE (phantom)".
func (r *Result) DatasetLabel() string {
	name := r.Dataset
	if r.Phantom {
		name += " (phantom)"
	}
	return name
}

// CompareResults orders results as the paper's tables do, then by everything
// else that tells them apart, so that no table depends on the order in which
// runs finish.
func CompareResults(a, b *Result) int {
	place := func(r *Result) int {
		i, _ := datasetOf(r.Dataset)
		return i
	}
	return cmp.Or(
		cmp.Compare(place(a), place(b)),
		strings.Compare(a.DatasetLabel(), b.DatasetLabel()),
		cmp.Compare(familyOf(a.Label()), familyOf(b.Label())),
		cmp.Compare(a.T, b.T),
		strings.Compare(a.Label(), b.Label()),
		strings.Compare(a.Setting(), b.Setting()),
		strings.Compare(a.Architecture, b.Architecture),
		strings.Compare(a.Note, b.Note),
		cmp.Compare(a.Seed, b.Seed),
		cmp.Compare(a.Fold, b.Fold),
		strings.Compare(a.RunID, b.RunID),
	)
}

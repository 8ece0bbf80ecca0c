// Package record says how a results folder is laid out: names of files and folders, the columns of histories, how far a
// run is, the levels of pictures, and the sizes up to which files are read. Package experiments writes by it, package
// archive reads by it; it imports neither.
//
// The layout, below results/PROFILE:
//
//	runs/ID/run.json              the run: "result" is an evaluate.Result, with "config", "dataset", "versions" beside it
//	runs/ID/timing.json           an evaluate.Cost
//	runs/ID/history.csv           an Epoch a row
//	runs/ID/curves.json           evaluate.Curves
//	runs/ID/progress.json         a Progress, while it runs
//	runs/ID/predictions/IMAGE.png probabilities, 16-bit grey, see ProbabilityLevel
//	runs/ID/checkpoint.*          the state of training, see package training
//	samples/DATASET/inputs/IMAGE.png, truths/IMAGE.png, fovs/IMAGE.png
//	tables/, figures/, report.html, sweep.log, sweep.lock
package record

import (
	"path"
	"strings"
)

// Folders of a results folder.
const (
	RunsFolder    = "runs"
	SamplesFolder = "samples"
	TablesFolder  = "tables"
	FiguresFolder = "figures"
)

// Files of a results folder.
const (
	ReportFile = "report.html"
	LogFile    = "sweep.log"  // one JSON object a line
	LockFile   = "sweep.lock" // keeps two sweeps from writing into one folder
)

// Files and a folder of a run's folder.
const (
	RunFile      = "run.json"
	TimingFile   = "timing.json"
	CurvesFile   = "curves.json"
	ProgressFile = "progress.json"
	HistoryFile  = "history.csv"

	CheckpointFile = "checkpoint.safetensors"
	PreviousFile   = "checkpoint.previous.safetensors"
	DamagedFile    = "checkpoint.damaged.safetensors" // put aside

	PredictionsFolder = "predictions"
)

// IsCheckpoint reports whether a file of a run's folder is one of its checkpoints, sound or not.
func IsCheckpoint(name string) bool { return strings.HasPrefix(name, "checkpoint.") }

// RunFiles are the files of a run that pages, tables and figures are made of.
func RunFiles() []string { return []string{RunFile, TimingFile, HistoryFile, CurvesFile, ProgressFile} }

// Largest files that are read, in bytes; anything larger was not written by a sweep: a record of two test images has
// ten thousand bytes.
const (
	LargestRecord  = 16 << 20
	LargestHistory = 1 << 20
	LargestPicture = 64 << 20
)

// Pictures of a test image, by the folder they are in below that of SampleFolder.
const (
	Inputs = "inputs" // what the network saw, grey or RGB
	Truths = "truths" // 0 background, 255 foreground
	FOVs   = "fovs"   // 0 outside, 255 inside; missing means inside everywhere
)

// SampleFolder is the folder of a dataset's pictures below the results folder, e.g. "samples/chase_db1" or
// "samples/drive-phantom".
func SampleFolder(dataset string, phantom bool) string {
	return path.Join(SamplesFolder, DatasetSlug(dataset, phantom))
}

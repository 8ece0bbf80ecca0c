// Package record defines the layout of a results folder: names of files and folders, the columns of
// histories, the progress of a run, the levels of pictures, and the maximum sizes of files, which ReadJSON keeps to.
// Packages experiments, which writes it, and archive, which reads it, both import it; it imports neither.
//
// The layout, below results/PROFILE:
//
//	runs/ID/run.json              the run: an evaluate.Result as "result", and "config", "dataset" and "versions"
//	runs/ID/timing.json           an evaluate.Cost
//	runs/ID/history.csv           an Epoch per row
//	runs/ID/curves.json           evaluate.Curves
//	runs/ID/progress.json         a Progress, while it runs
//	runs/ID/predictions/IMAGE.png probabilities, 16-bit grey, see ProbabilityLevel; of several classes of any of them
//	runs/ID/masks/IMAGE.png       after post-processing of one class, the measured mask
//	runs/ID/classes/IMAGE.png     of several classes, the predicted ones as indices of a palette
//	runs/ID/checkpoint.*          the state of training, see package training
//	runs/ID/claim.N.json          who computes the run, while it is not finished, see package claim
//	runs/ID/run.log               the log of processes that computed only this run
//	samples/DATASET/inputs/IMAGE.png, truths/IMAGE.png, fovs/IMAGE.png, classes/IMAGE.png
//	observers.json                second observers as a list of evaluate.Result, see evaluate.SecondObserver
//	search.json                   the searches, see Search
//	tables/, figures/, report.html, sweep.log
//	claim.N.json                  which sweep may write to the folder, see package claim
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
	LogFile    = "sweep.log" // one JSON object per line
)

// ObserversFile is the list of evaluate.Result of second observers.
const ObserversFile = "observers.json"

// Files beside the tables, see archive.Sweep.WriteSummary and WritePerImage.
const (
	SummaryFile  = "summary.csv"
	PerImageFile = "per-image.csv"
)

// Files and a folder in a run's folder.
const (
	RunFile      = "run.json"
	TimingFile   = "timing.json"
	CurvesFile   = "curves.json"
	ProgressFile = "progress.json"
	HistoryFile  = "history.csv"

	CheckpointFile = "checkpoint.safetensors"
	PreviousFile   = "checkpoint.previous.safetensors"
	DamagedFile    = "checkpoint.damaged.safetensors" // moved aside

	RunLogFile = "run.log" // as LogFile, of sweep run

	PredictionsFolder = "predictions"
	MasksFolder       = "masks"
	ClassesFolder     = "classes"
)

// IsPictures reports whether a folder of a run's folder has pictures only.
func IsPictures(name string) bool {
	return name == PredictionsFolder || name == MasksFolder || name == ClassesFolder
}

// IsCheckpoint reports whether a file of a run's folder is one of its checkpoints, intact or damaged.
func IsCheckpoint(name string) bool { return strings.HasPrefix(name, "checkpoint.") }

// RunFiles lists the files of a run that pages, tables and figures are made from.
func RunFiles() []string { return []string{RunFile, TimingFile, HistoryFile, CurvesFile, ProgressFile} }

// Maximum sizes of files in bytes; a larger file was not written by a sweep. A record of two test images has
// ten thousand bytes, and as many more for each class of several.
const (
	LargestRecord  = 64 << 20
	LargestHistory = 1 << 20
	LargestPicture = 64 << 20
)

// Kinds of pictures of a test image: the names of their folders below SampleFolder.
const (
	Inputs = "inputs" // what the network saw, grey or RGB
	Truths = "truths" // 0 background, 255 foreground
	FOVs   = "fovs"   // 0 outside, 255 inside; missing means inside everywhere

	Classes = "classes" // of several classes, indices of a palette, 255 for those of none
)

// SampleFolder returns the folder of a dataset's pictures, relative to the results folder, e.g.
// "samples/chase_db1" or "samples/drive-phantom".
func SampleFolder(dataset string, phantom bool) string {
	return path.Join(SamplesFolder, DatasetSlug(dataset, phantom))
}

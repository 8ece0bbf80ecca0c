package engines

import (
	_ "embed"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"r2unet/evaluate/record"
	"r2unet/experiments"
)

// Slurm is what a script for Slurm needs to know beside the plan.
type Slurm struct {
	Program   string   // absolute path of sweep, on a file system that all nodes share
	Arguments []string // of `sweep run` and `sweep collect`, with absolute paths
	Run       []string // further ones of `sweep run`
	Out       string   // absolute path of the folder for results
	Threads   int      // of a task
	AtOnce    int      // tasks at once, of all arrays together; 0 = as many as Slurm lets run
	ArraySize int      // tasks of an array, at most: MaxArraySize of slurm.conf

	// Limit caps the time limit of a task; 0 = none. A run that needs longer is stopped, saved and queued again.
	Limit   time.Duration
	Options []string // further options of sbatch, such as "--partition=long"
}

//go:embed slurm.sh.tmpl
var slurmText string

var slurmTemplate = template.Must(template.New("slurm").Funcs(template.FuncMap{
	"quote": shellQuote, "option": optionQuote, "line": commentLine,
}).Parse(slurmText))

// array is one array job of a script.
type array struct {
	Number, Last int // the number counts from 1; the tasks are 0 to Last
	AtOnce       int
	Minutes      int // time limit
	Megabytes    int
	Runs         []experiments.AgendaItem
}

// Script returns the shell script that submits the unfinished runs of a plan: arrays, and a job that collects the
// results once they have ended, however they did.
func (s Slurm) Script(p experiments.Agenda) (string, error) {
	runs := unfinished(p)
	arrays := s.arrays(runs)
	time, bytes := limits(runs)
	results := filepath.Join(s.Out, filepath.FromSlash(resultsFolder(p)))
	folder := SlurmFolder(results)
	data := struct {
		Slurm
		Profile, Name         string
		Folder, Jobs, Runs    string
		GPU                   bool
		Count, Grace, Retries int
		Total, Longest        string
		Largest               string
		TimeMargin            string
		MemoryMargin          string
		Capped                bool
		Arrays                []array
	}{
		Slurm: s, Profile: p.Profile, Name: record.Slug(p.Profile),
		Folder: folder, Jobs: filepath.Join(folder, jobsFile),
		Runs: filepath.Join(results, record.RunsFolder), GPU: onGPU(p),
		Count: len(runs), Grace: int(Grace.Seconds()), Retries: Retries,
		Total: roughly(total(runs)), Longest: roughly((time - TimeExtra) / TimeFactor),
		Largest:      fmt.Sprintf("%.2f GB", float64(bytes-MemoryExtra)/MemoryFactor/1e9),
		TimeMargin:   fmt.Sprintf("times %d and %.0f minutes", TimeFactor, TimeExtra.Minutes()),
		MemoryMargin: fmt.Sprintf("times %g and %d MB", MemoryFactor, MemoryExtra>>20),
		Capped:       s.Limit > 0 && s.Limit < time,
		Arrays:       arrays,
	}
	var b strings.Builder
	if err := slurmTemplate.Execute(&b, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

// arrays cuts the runs into arrays that Slurm accepts. Tasks at once are shared out by work, so that the arrays end at
// about the same time.
func (s Slurm) arrays(runs []experiments.AgendaItem) []array {
	all := total(runs).Seconds()
	var arrays []array
	for len(runs) > 0 {
		n := min(len(runs), s.ArraySize)
		d, bytes := limits(runs[:n])
		if s.Limit > 0 {
			d = min(d, s.Limit)
		}
		a := array{
			Number: len(arrays) + 1, Last: n - 1, Runs: runs[:n],
			Minutes: int(math.Ceil(d.Minutes())), Megabytes: int(bytes>>20) + 1,
		}
		if s.AtOnce > 0 {
			share := 1.0
			if all > 0 {
				share = total(a.Runs).Seconds() / all
			}
			a.AtOnce = max(1, int(math.Round(share*float64(s.AtOnce))))
		}
		arrays = append(arrays, a)
		runs = runs[n:]
	}
	return arrays
}

// Tasks returns what stands behind --array=.
func (a array) Tasks() string {
	tasks := fmt.Sprintf("0-%d", a.Last)
	if a.AtOnce > 0 {
		tasks += fmt.Sprintf("%%%d", a.AtOnce)
	}
	return tasks
}

// shellQuote returns text as one word of a shell.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// optionQuote returns a file in a folder as a value in a line #SBATCH. In the name of the file, % begins a pattern.
func optionQuote(folder, name string) string {
	folder = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(folder)
	return `"` + folder + "/" + name + `"`
}

// commentLine returns text for a comment, which ends with its line.
func commentLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// roughly formats a time as a person would say it.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.1f hours", d.Hours())
	case d >= 2*time.Minute:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	}
	return fmt.Sprintf("%.0f seconds", d.Seconds())
}

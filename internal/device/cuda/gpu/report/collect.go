package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The goals, as ratios to PyTorch's best eager mode, and for the AUC.
const (
	trainingGoal  = 1.0
	inferenceGoal = 1.5
	aucGoal       = 0.001
)

// Collect reads the output of run.sh in a folder: meta, steps.tsv, agreement.jsonl, ours.jsonl, torch.jsonl,
// training-cuda and training-cpu. What is absent was not run; what cannot be read is an error.
func Collect(folder string) (Result, error) {
	var r Result
	if err := r.readMeta(filepath.Join(folder, "meta")); err != nil {
		return r, err
	}
	if err := r.readSteps(filepath.Join(folder, "steps.tsv")); err != nil {
		return r, err
	}
	var err error
	if r.Agreement, err = lines[Agreement](filepath.Join(folder, "agreement.jsonl")); err != nil {
		return r, err
	}
	if r.Ours, err = lines[Speed](filepath.Join(folder, "ours.jsonl")); err != nil {
		return r, err
	}
	if r.Torch, err = lines[Speed](filepath.Join(folder, "torch.jsonl")); err != nil {
		return r, err
	}
	r.Ratios = ratios(r.Ours, r.Torch)
	r.Training, err = compareTraining(filepath.Join(folder, "training-cuda"), filepath.Join(folder, "training-cpu"))
	if r.Rehearsal { // nothing was measured that could count towards a goal
		r.Training.Reached = false
		for i := range r.Ratios {
			r.Ratios[i].Reached = false
		}
	}
	return r, err
}

// readMeta reads lines of key=value.
func (r *Result) readMeta(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for line := range strings.Lines(string(content)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[key] = value
	}
	r.Date, r.Commit, r.GPU = values["date"], values["commit"], values["gpu"]
	if r.Date == "" || r.Commit == "" {
		return fmt.Errorf("%s names no date or no commit", path)
	}
	if r.Rehearsal, err = strconv.ParseBool(values["rehearsal"]); err != nil {
		return fmt.Errorf("%s does not say whether this is a rehearsal: %w", path, err)
	}
	return nil
}

// readSteps reads lines of name, state, seconds and reason, with tabs between.
func (r *Result) readSteps(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 4 {
			return fmt.Errorf("%s: %q has %d fields, expected 4", path, line, len(fields))
		}
		seconds, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		r.Steps = append(r.Steps, Step{fields[0], fields[1], seconds, fields[3]})
	}
	return nil
}

// lines reads a JSON value per line; a file that does not exist has none.
func lines[T any](path string) ([]T, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []T
	for decoder := json.NewDecoder(bytes.NewReader(content)); decoder.More(); {
		var v T
		if err := decoder.Decode(&v); err != nil {
			return nil, fmt.Errorf("%s, value %d: %w", path, len(all)+1, err)
		}
		all = append(all, v)
	}
	return all, nil
}

// ratios compares each of our replayed measurements with PyTorch's best of the same case.
func ratios(ours, torch []Speed) []Ratio {
	var all []Ratio
	for _, o := range ours {
		if o.Eager {
			continue
		}
		for _, work := range []string{"training", "inference"} {
			speed := func(s Speed) float64 {
				if work == "training" {
					return s.TrainSamplesPerS
				}
				return s.InferSamplesPerS
			}
			r := Ratio{
				Work: work, Precision: o.Precision, Batch: o.Batch, Size: o.Size, Ours: speed(o), Goal: trainingGoal,
			}
			if work == "training" {
				r.Queued = o.QueuedSamplesPerS
			} else {
				r.Goal = inferenceGoal
			}
			for _, t := range torch {
				if t.Precision != o.Precision || t.Batch != o.Batch || t.Size != o.Size {
					continue
				}
				if t.Mode == "compile" {
					r.TorchCompiled = max(r.TorchCompiled, speed(t))
				} else {
					r.TorchEager = max(r.TorchEager, speed(t))
				}
			}
			if r.TorchEager > 0 {
				r.Ratio = r.Ours / r.TorchEager
				r.Reached = r.Ratio >= r.Goal
			}
			all = append(all, r)
		}
	}
	return all
}

// compareTraining reads the AUC of the one run in each of two results folders, FOLDER/PROFILE/runs/RUN/run.json.
func compareTraining(cuda, cpu string) (Training, error) {
	t := Training{Goal: aucGoal}
	var runs [2]string
	for i, folder := range []string{cuda, cpu} {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return t, nil
		}
		records, err := filepath.Glob(filepath.Join(folder, "*", "runs", "*", "run.json"))
		if err != nil || len(records) != 1 {
			return t, errors.Join(err, fmt.Errorf("%s has %d runs, expected one", folder, len(records)))
		}
		content, err := os.ReadFile(records[0])
		if err != nil {
			return t, err
		}
		var record struct {
			Result struct {
				ID       string `json:"run_id"`
				Status   string `json:"status"`
				Measures struct {
					Inside struct {
						Micro struct {
							AUC float64 `json:"auc"`
						} `json:"micro"`
					} `json:"inside"`
				} `json:"measures"`
			} `json:"result"`
		}
		if err := json.Unmarshal(content, &record); err != nil {
			return t, fmt.Errorf("%s: %w", records[0], err)
		}
		auc := record.Result.Measures.Inside.Micro.AUC
		if record.Result.Status != "finished" || !(auc > 0) {
			return t, fmt.Errorf("%s is %s with an AUC of %g", records[0], record.Result.Status, auc)
		}
		runs[i] = record.Result.ID
		*[]*float64{&t.CUDA, &t.CPU}[i] = auc
	}
	t.Measured, t.Run, t.Difference = true, runs[0], math.Abs(t.CUDA-t.CPU)
	t.Reached = t.Difference <= t.Goal
	return t, nil
}

// Package mlflow writes runs into the file store of MLflow, a folder "mlruns" that its server and client read.
package mlflow

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/record"
)

// File is a file of the store, by its path below the folder, with slashes.
type File struct {
	Path    string
	Content []byte
}

// Files returns the store of a sweep below a folder: an experiment with the sweep's name, and for each run its settings
// as parameters; the columns of its history as metrics with the epoch as the step; its measures as metrics under the
// names of summary.csv with "test_" before them; what it was as tags; and history.csv as an artifact. The same record
// gives the same files, so that writing a sweep again brings it up to date.
func Files(s *archive.Sweep, folder string) ([]File, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("mlflow: %w", err)
	}
	sum := sha256.Sum256([]byte(s.Name))
	x := experiment{
		id:  strconv.FormatUint(binary.BigEndian.Uint64(sum[:])>>4, 10),
		uri: (&url.URL{Scheme: "file", Path: filepath.ToSlash(absolute)}).String(),
	}
	var created, changed time.Time
	for _, r := range s.Runs {
		if created.IsZero() || r.Started.Before(created) {
			created = r.Started
		}
		if r.Written.After(changed) {
			changed = r.Written
		}
	}
	x.add("meta.yaml", yaml(
		"artifact_location", x.uri+"/"+x.id, "creation_time", milliseconds(created), "experiment_id", quoted(x.id),
		"last_update_time", milliseconds(changed), "lifecycle_stage", "active", "name", quoted(s.Name)))
	for _, r := range s.Runs {
		x.run(s, r)
	}
	return x.files, nil
}

// experiment collects the files of an experiment.
type experiment struct {
	id, uri string
	files   []File
}

func (x *experiment) add(name, content string) {
	x.files = append(x.files, File{path.Join(x.id, name), []byte(content)})
}

// The numbers of MLflow for the states of a run, and for the source of a run that started from a command.
const (
	stateRunning  = "1"
	stateFinished = "3"
	stateFailed   = "4"
	sourceLocal   = "4"
)

func (x *experiment) run(s *archive.Sweep, r *archive.Run) {
	sum := sha256.Sum256([]byte(s.Name + "/" + r.ID))
	id := hex.EncodeToString(sum[:16])
	state, end := stateRunning, "null"
	switch r.Result.Status {
	case evaluate.Finished:
		state, end = stateFinished, milliseconds(r.Written)
	case evaluate.Failed:
		state, end = stateFailed, milliseconds(r.Written)
	}
	x.add(path.Join(id, "meta.yaml"), yaml(
		"artifact_uri", x.uri+"/"+x.id+"/"+id+"/artifacts", "end_time", end, "entry_point_name", "''",
		"experiment_id", quoted(x.id), "lifecycle_stage", "active", "run_id", id, "run_name", quoted(r.ID),
		"run_uuid", id, "source_name", "''", "source_type", sourceLocal, "source_version", "''",
		"start_time", milliseconds(r.Started), "status", state, "tags", "[]", "user_id", "r2unet"))
	var history strings.Builder
	if err := record.WriteHistory(&history, r.History); err == nil { // a builder takes everything
		x.add(path.Join(id, "artifacts", record.HistoryFile), history.String())
	}
	for key, value := range r.Settings() {
		x.add(path.Join(id, "params", safe(key)), value)
	}
	for key, value := range map[string]string{
		"mlflow.runName": r.ID, "mlflow.user": "r2unet", "mlflow.source.name": "r2unet", "mlflow.source.type": "LOCAL",
		"dataset": r.Result.Dataset, "network": r.Result.Label(), "setting": r.Result.Setting(),
		"phantom": strconv.FormatBool(r.Result.Phantom), "fold": strconv.Itoa(r.Result.Fold),
		"seed": strconv.FormatUint(r.Result.Seed, 10), "device": r.Result.Cost.Device, "note": r.Result.Note,
	} {
		if value != "" {
			x.add(path.Join(id, "tags", key), value)
		}
	}
	metrics := map[string][]string{}
	at := func(epoch int) string {
		if r.Started.IsZero() || len(r.History) == 0 {
			return "0"
		}
		share := r.Written.Sub(r.Started) * time.Duration(epoch) / time.Duration(len(r.History))
		return milliseconds(r.Started.Add(share))
	}
	put := func(name string, v float64, epoch int) {
		line := fmt.Sprintf("%s %s %d\n", at(epoch), strconv.FormatFloat(v, 'g', -1, 64), epoch)
		metrics[name] = append(metrics[name], line)
	}
	for _, e := range r.History {
		for name, v := range e.Columns() {
			put(name, v, e.Epoch)
		}
	}
	for name, v := range archive.Measured(&r.Result) {
		put("test_"+name, v, cmp.Or(r.Result.Epochs, len(r.History)))
	}
	for name, lines := range metrics {
		x.add(path.Join(id, "metrics", name), strings.Join(lines, ""))
	}
}

// yaml returns the lines of keys with their values.
func yaml(pairs ...string) string {
	var text strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&text, "%s: %s\n", pairs[i], pairs[i+1])
	}
	return text.String()
}

// quoted returns a text as YAML, of which JSON is a part.
func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		return `""` // never happens for a string
	}
	return string(out)
}

// milliseconds returns a time as MLflow counts it.
func milliseconds(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// safe returns the name of a parameter without characters that MLflow refuses. A slash makes a folder.
func safe(key string) string {
	key = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("_-. /", r):
			return r
		}
		return '_'
	}, key)
	if path.Clean("/"+key) != "/"+key {
		key = strings.ReplaceAll(key, "/", "_")
	}
	return key
}

package matrix

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestCommittedRunsKeepTheirIDs pins the identity of the runs in results/reference: a new setting that is left out must
// not change it, or everybody's finished runs would be "under other settings". A new field of a Run needs `omitempty`
// and a zero value that means what was done before.
func TestCommittedRunsKeepTheirIDs(t *testing.T) {
	folders, err := filepath.Glob("../../results/reference/*/runs/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no committed runs found: %v", err)
	}
	file, err := Load("../../experiments.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		var record struct {
			Config     Run    `json:"config"`
			ConfigHash string `json:"config_hash"`
		}
		content, err := os.ReadFile(filepath.Join(folder, "run.json"))
		if err == nil {
			err = json.Unmarshal(content, &record)
		}
		if err != nil {
			t.Fatal(err)
		}
		run, name, profile := record.Config, filepath.Base(folder), filepath.Base(filepath.Dir(filepath.Dir(folder)))
		if id, err := run.ID(); err != nil || id != name {
			t.Errorf("%s: the configuration of its run.json has now the ID %s (%v)", folder, id, err)
		}
		if hash, err := run.Hash(); err != nil || hash != record.ConfigHash {
			t.Errorf("%s: the configuration of its run.json has now the hash %s, then %s (%v)",
				folder, hash, record.ConfigHash, err)
		}
		if ids := idsOf(t, file, profile, run); !slices.Contains(ids, name) {
			t.Errorf("%s: profile %s of experiments.toml has no run of this ID any more, but %v", folder, profile, ids)
		}
	}
}

// idsOf lists the IDs of a profile's runs on a dataset that is there as it was for one run.
func idsOf(t *testing.T, file *File, profile string, as Run) []string {
	t.Helper()
	p, err := file.Profile(profile)
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]Source{as.Dataset.Name: {Phantom: as.Phantom, Folds: as.Fold + 1}}
	runs, err := file.Expand(p, sources, as.Device, as.Seed)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, run := range runs {
		if run.Training.ComputeBudget > 0 { // the epochs need the data, and -plan shows them
			run.Training.Epochs = as.Training.Epochs
		}
		id, err := run.ID()
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

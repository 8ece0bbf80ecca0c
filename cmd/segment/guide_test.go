package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"r2unet/experiments"
	"r2unet/internal/guidetest"
)

// TestPredictionWorksToTheLetter runs the commands of docs/prediction.md, with two networks of DRIVE as results/quick.
func TestPredictionWorksToTheLetter(t *testing.T) {
	trained, dir := train(t), t.TempDir()
	err := errors.Join(
		link(trained, "tiny/runs/drive-*-u-net-????????", dir, "results/quick/runs/one"),
		link(trained, "tiny/runs/drive-*-seed2-*", dir, "results/quick/runs/two"),
		link(trained, "cache/phantoms/*/DRIVE/test/images", dir, "images"))
	if err != nil {
		t.Fatal(err)
	}
	guidetest.Commands(t, "../..", "docs/prediction.md", dir)
	for _, name := range []string{
		"masks/01_test_mask.png", "masks/01_test_overlay.png", "masks/areas.csv", "mean/01_test_uncertainty.png",
		"flips/01_test_probability.png", "windows/01_test_mask.png", "tidy/01_test_mask.png",
	} {
		if found, err := filepath.Glob(filepath.Join(dir, name)); err != nil || len(found) != 1 {
			t.Errorf("no %s: %v", name, err)
		}
	}
}

// train trains the small networks in a new folder.
func train(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "tiny.toml")
	if err := os.WriteFile(config, []byte(trainedNetworks), 0o644); err != nil {
		t.Fatal(err)
	}
	o := experiments.Options{Config: config, Profile: "tiny", Out: dir, Device: "cpu", Seed: 1, Stdout: io.Discard}
	if err := experiments.Sweep(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return dir
}

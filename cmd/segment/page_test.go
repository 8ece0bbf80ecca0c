package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"r2unet/experiments"
)

// TestCommandsOfThePageRun runs those of docs/prediction.md, with results and images of small networks.
func TestCommandsOfThePageRun(t *testing.T) {
	page, err := os.ReadFile("../../docs/prediction.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	command := regexp.MustCompile(`(?m)^    go run \./cmd/segment (.*)$`)
	for _, m := range command.FindAllStringSubmatch(string(page), -1) {
		script.WriteString("exec segment " + m[1] + "\n")
	}
	if strings.Count(script.String(), "\n") < 5 {
		t.Fatalf("the commands are %q", script.String())
	}
	script.WriteString("exists masks/01_test_overlay.png masks/areas.csv mean/01_test_uncertainty.png " +
		"tidy/01_test_mask.png\n")
	dir, trained := t.TempDir(), train(t)
	if err := os.WriteFile(filepath.Join(dir, "page.txt"), []byte(script.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: dir, Setup: func(env *testscript.Env) error {
		runs := filepath.Join(env.WorkDir, "results", "quick", "runs")
		if err := link(trained, "tiny/runs/drive-*-u-net-????????", runs, "one"); err != nil {
			return err
		}
		if err := link(trained, "tiny/runs/drive-*-seed2-*", runs, "two"); err != nil {
			return err
		}
		images, err := filepath.Glob(filepath.Join(trained, "cache/phantoms/*/DRIVE/test/images/01_test.tif"))
		if err != nil || len(images) != 1 {
			t.Fatalf("images %v, %v", images, err)
		}
		content, err := os.ReadFile(images[0])
		if err != nil {
			return err
		}
		if err := os.Mkdir(filepath.Join(env.WorkDir, "images"), 0o777); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(env.WorkDir, "images", "01_test.tif"), content, 0o666)
	}})
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

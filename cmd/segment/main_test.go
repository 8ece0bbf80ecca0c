package main

import (
	"errors"
	"image"
	_ "image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"r2unet/internal/cli/clitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"segment": main})
}

// trainedNetworks are two small networks: one for patches of fundus photographs, one for resized skin images.
const trainedNetworks = `
[[architecture]]
name = "U-Net"
block = "forward"
channels = [2, 4]

[[dataset]]
name = "DRIVE"
patch = 16
patches = 8
validation-patches = 4
phantom-images = 4

[[dataset]]
name = "ISIC2017"
size = 32
phantom-images = 10

[[experiment]]
name = "all"
seeds = [1, 2]

[profile.tiny]
epochs = 1
batch = 4
learning-rate = 1e-3
test-images = 1
`

// TestScripts runs the scripts in testdata/script in a folder with trained networks, drive, drive2 of another seed, and
// skin, and their images.
func TestScripts(t *testing.T) {
	trained := train(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			return errors.Join(
				link(trained, "tiny/runs/drive-*-u-net-????????", env.WorkDir, "drive"),
				link(trained, "tiny/runs/drive-*-seed2-*", env.WorkDir, "drive2"),
				link(trained, "tiny/runs/isic2017-*-u-net-????????", env.WorkDir, "skin"),
				link(trained, "cache/phantoms/*/DRIVE/test/images", env.WorkDir, "eyes"),
				link(trained, "cache/phantoms/*/ISIC2017/*Training_Data", env.WorkDir, "moles"))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool,
			args []string){"exits": clitest.Exits, "size": size, "grow": grow, "cp-folder": copyFolder},
	})
}

// link copies the folder that a pattern matches.
func link(root, pattern, into, name string) error {
	found, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(found) == 0 {
		return errors.Join(err, errors.New(pattern+" matches nothing"))
	}
	var from fs.FS = os.DirFS(found[0])
	return os.CopyFS(filepath.Join(into, name), from)
}

// copyFolder FOLDER NEW copies a folder.
func copyFolder(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
}

// grow FILE appends a byte.
func grow(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_WRONLY, 0)
	ts.Check(err)
	_, err = f.Write([]byte{0})
	ts.Check(errors.Join(err, f.Close()))
}

// size WIDTH HEIGHT FILE checks a picture's size.
func size(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(ts.MkAbs(args[2]))
	ts.Check(err)
	defer f.Close()
	config, _, err := image.DecodeConfig(f)
	ts.Check(err)
	if got := []string{strconv.Itoa(config.Width), strconv.Itoa(config.Height)}; got[0] != args[0] ||
		got[1] != args[1] {
		ts.Fatalf("%s is %s×%s px; want %s×%s", args[2], got[0], got[1], args[0], args[1])
	}
}

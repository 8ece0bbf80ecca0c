package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"r2unet/datasets"
	"r2unet/datasets/phantom"
	"r2unet/internal/cli/clitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sweep": main, "phantom": drawPhantom, "cells": drawCells})
}

// TestScripts runs the scripts in testdata/script, each in its own folder with tiny.toml in it.
func TestScripts(t *testing.T) {
	matrix, err := os.ReadFile("testdata/tiny.toml")
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs("../../../shared/data")
	if err != nil {
		t.Fatal(err)
	}
	results, err := filepath.Abs("../../results/reference")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATA", data)
			env.Setenv("RESULTS", results)
			env.Setenv("HOSTILE", "\x1b]0;owned\x07") // would set a terminal's title
			return os.WriteFile(filepath.Join(env.WorkDir, "tiny.toml"), matrix, 0o644)
		},
		Condition: func(name string) (bool, error) {
			if name != "data" {
				return false, errors.New("unknown condition " + name)
			}
			_, err := os.Stat(data)
			return err == nil, nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": clitest.Exits, "edit": edit, "matches": matches, "write": write,
		},
	})
}

// drawPhantom draws a small phantom: phantom NAME FOLDER.
func drawPhantom() {
	if err := datasets.DrawPhantom(context.Background(), os.Args[1], os.Args[2],
		phantom.Options{Shrink: 4}); err != nil {
		panic(err)
	}
}

// drawCells draws eight images of discs with their labels into a folder cells.
func drawCells() {
	for i := range 8 {
		picture, label := image.NewGray(image.Rect(0, 0, 32, 32)), image.NewGray(image.Rect(0, 0, 32, 32))
		for p := range label.Pix {
			x, y := p%32-12-i, p/32-16
			picture.Pix[p] = uint8(50 + 13*p%40)
			if x*x+y*y < 64 {
				picture.Pix[p] += 100
				label.Pix[p] = 255
			}
		}
		for folder, m := range map[string]*image.Gray{"images": picture, "masks": label} {
			if err := phantom.WritePNG(fmt.Sprintf("cells/%s/%d.png", folder, i), m); err != nil {
				panic(err)
			}
		}
	}
}

// write FILE LINE… writes lines.
func write(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(args[1:], "\n")+"\n"), 0o644))
}

// edit FILE OLD NEW replaces a text that must be there.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	content := ts.ReadFile(args[0])
	if !strings.Contains(content, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(content, args[1], args[2], 1)), 0o644))
}

// matches N PATTERN counts files.
func matches(ts *testscript.TestScript, _ bool, args []string) {
	found, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if strconv.Itoa(len(found)) != args[0] {
		ts.Fatalf("%d files match %s; want %s", len(found), args[1], args[0])
	}
}

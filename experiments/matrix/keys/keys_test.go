package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/experiments/matrix"
)

const root = "../../.."

func TestPageIsWhatTheProgramSays(t *testing.T) {
	want, err := page(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, pagePath))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is out of date: go generate ./experiments/matrix", pagePath)
	}
}

// eachKey calls a function for each key that the page has a line of.
func eachKey(t *testing.T, do func(t *testing.T, table string, f field)) {
	t.Helper()
	n := 0
	for name, structs := range tables {
		for _, from := range structs {
			keys, err := fields(root, from[0], from[1])
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range keys {
				n++
				t.Run(name+" "+f.key, func(t *testing.T) { do(t, name, f) })
			}
		}
	}
	if n < 80 {
		t.Errorf("%d keys were found", n)
	}
}

func TestEveryKeyIsExplained(t *testing.T) {
	eachKey(t, func(t *testing.T, table string, f field) {
		if said := unexplained(table, f); said != "" {
			t.Error(said)
		}
	})
}

// unexplained says what the page would lack of a key, "" if it lacks nothing.
func unexplained(table string, f field) string {
	_, byDefault := defaultOf(table, f)
	switch {
	case f.comment == "":
		return "the field " + f.name + " has no comment of its own: write one, with default and unit"
	case kinds[f.kind] == inner:
		return ""
	case kinds[f.kind] == "":
		return "its type " + f.kind + " is not in kinds: say there what a user writes"
	case byDefault == "":
		return `its comment does not say what is used if it is left out: write ; default "x" or "x" (default), or ` +
			`what an empty value means, ; "" = x or ; 0 = x`
	}
	return ""
}

func TestKeyWithoutCommentIsFound(t *testing.T) {
	const source = "struct {\n" +
		"A int `toml:\"a\"` // A is this; 0 = none.\n" +
		"B int `toml:\"b\"`\n" +
		"// C is that.\n" +
		"C string `toml:\"c\"`\n" +
		"D chan int `toml:\"d\"` // D is odd; 0 = none.\n" +
		"E int `toml:\"-\"`\n}"
	expr, err := parser.ParseExprFrom(token.NewFileSet(), "", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keysOf(expr.(*ast.StructType))
	if err != nil || len(keys) != 4 {
		t.Fatalf("%v, %v", keys, err)
	}
	for i, want := range []string{"", "no comment of its own", "left out", "not in kinds"} {
		said := unexplained("[profile.P]", keys[i])
		if (said == "") != (want == "") || !strings.Contains(said, want) {
			t.Errorf("%s: %q", keys[i].key, said)
		}
	}
}

// TestWrittenDefaultIsTheSameRun writes each default that the page shows into the file: the runs must stay the same.
func TestWrittenDefaultIsTheSameRun(t *testing.T) {
	written := 0
	eachKey(t, func(t *testing.T, table string, f field) {
		literal, _ := defaultOf(table, f)
		if literal == "" || kinds[f.kind] == inner || required(table, f.key) {
			return
		}
		written++
		if a, b := runs(t, with(table, f.key, "")), runs(t, with(table, f.key, literal)); a != b {
			t.Errorf("%s = %s:\n%s\nis not the run without it:\n%s", f.key, literal, b, a)
		}
	})
	if written < 60 {
		t.Errorf("%d defaults were written", written)
	}
}

// runs writes the runs of a matrix, and its search.
func runs(t *testing.T, text string) string {
	t.Helper()
	file, err := matrix.Parse("matrix.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := file.Profile("P")
	if err != nil {
		t.Fatal(err)
	}
	all, err := file.Expand(p, map[string]matrix.Source{"own": {Folds: 1}}, "cpu", 1)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d runs, %v", len(all), err)
	}
	var ids []string
	for _, r := range all {
		id, err := r.ID()
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	out, err := json.Marshal(map[string]any{
		"runs": ids, "search": p.Search, "keep": p.Keep, "folds": p.Folds, "both": p.TimeBoth,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

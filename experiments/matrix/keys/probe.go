package main

import (
	"fmt"
	"regexp"
	"strings"

	"r2unet/experiments/matrix"
)

// A matrix in which every key can be written into its table.
var usual = map[string][]string{
	"[[architecture]]": {`name = "A"`, `block = "recurrent"`, `t = 2`},
	"[[dataset]]": {
		`name = "own"`, `kind = "folder"`, `images = "*.png"`, `labels = "{stem}_mask.png"`,
		`patch = 16`, `patches = 4`, `validation-patches = 4`, `validation = "images"`, `input = "rgb"`,
	},
	"[[experiment]]":           {`name = "E"`},
	"[profile.P]":              {`epochs = 9`, `batch = 2`, `learning-rate = 1e-3`},
	"[profile.P.augment]":      {},
	"[profile.P.search]":       {`trials = 2`},
	"[profile.P.search.space]": {`optimizer = ["adam", "sgd"]`},
}

var order = []string{
	"[[architecture]]", "[[dataset]]", "[[experiment]]", "[profile.P]", "[profile.P.augment]", "[profile.P.search]",
	"[profile.P.search.space]",
}

// with is the usual matrix with one key of a table set to a value, or left out if the value is "".
func with(table, key, value string) string {
	var text strings.Builder
	for _, t := range order {
		if strings.HasPrefix(t, "[profile.P.search") && !strings.HasPrefix(table, "[profile.P.search") {
			continue
		}
		fmt.Fprintln(&text, t)
		if t == table && value != "" {
			fmt.Fprintf(&text, "%s = %s\n", key, value)
		}
		for _, line := range usual[t] {
			if t != table || !strings.HasPrefix(line, key+" = ") {
				fmt.Fprintln(&text, line)
			}
		}
	}
	return text.String()
}

// refusal is what the program says to a value of a key; "" if it takes it.
func refusal(table, key, value string) string {
	_, err := matrix.Parse("matrix.toml", with(table, key, value))
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// required reports whether a table without the key is refused.
func required(table, key string) bool { return refusal(table, key, "") != "" }

// impossible are values that hardly a key of a type takes, the first that is refused counts.
var impossible = map[string][]string{
	"string": {`"x"`, `"?"`}, "int": {"-1", "1000000000000"}, "float64": {"-1", "1e30"}, "int64": {"-1"},
	"[]int": {"[0]"}, "[]int64": {"[-1]"}, "[]string": {`["x"]`},
	"[2]float64": {"[-1, -2]"}, "[3]float64": {"[2, 2, 2]"},
	"Size": {"-1"}, "Classes": {`["x"]`}, "Level": {"70000"}, "Probability": {"2"},
	"Sharing": {`"x"`}, "Normalization": {`"x"`}, "Dropping": {`"x"`},
}

// wants matches what a refusal asks for.
var wants = regexp.MustCompile(`(?:must be|expected one of|expected|; there are) (.*)$`)

// beside matches what does not belong to it: suggestions, and the name of the dataset.
var beside = regexp.MustCompile(
	` for own$| for a registered dataset$| \(did you mean .*\)|; did you mean .*|` +
		`^left out$|(, the images that choose it)?(, or left out)?(: nothing .*)?$`)

// about is the part of a refusal that begins with a key; "" if it is about another one.
func about(said, key string) string {
	if at := regexp.MustCompile(`[ .]` + key + `[ :\[]`).FindStringIndex(said); at != nil {
		return said[at[0]:]
	}
	return ""
}

// values are the values of a key as the program asks for them, "" if it has no list or range.
func values(table string, f field) string {
	if f.kind == "bool" {
		return "`true`, `false`"
	}
	for _, value := range impossible[f.kind] {
		said := refusal(table, f.key, value)
		if said == "" {
			continue
		}
		said = about(said, f.key)
		if m := wants.FindStringSubmatch(said); m != nil {
			return beside.ReplaceAllString(strings.TrimPrefix(m[1], "one of "), "")
		}
	}
	return ""
}

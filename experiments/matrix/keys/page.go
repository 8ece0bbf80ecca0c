package main

import (
	"bytes"
	_ "embed" // of the page's text
	"fmt"
	"slices"
	"strings"
	"text/template"
)

// tables are the tables of the page by their names in the matrix of probe.go: the structs that they are decoded into,
// by folder and name.
var tables = map[string][][2]string{
	"[[architecture]]":    {{"arch", "Config"}},
	"[[dataset]]":         {{"datasets", "Config"}},
	"[[experiment]]":      {{"experiments/matrix", "Experiment"}},
	"[profile.P]":         {{"experiments/matrix", "Training"}, {"experiments/matrix", "Profile"}},
	"[profile.P.search]":  {{"experiments/matrix", "Search"}},
	"[profile.P.augment]": {{"datasets/augment", "Config"}},
}

//go:embed keys.md.tmpl
var text string

// page is the text of docs/keys.md, from the sources below the repository's root.
func page(root string) (string, error) {
	t, err := template.New("keys.md").Funcs(template.FuncMap{
		"table":          func(name string) (string, error) { return table(root, name) },
		"registered":     registered,
		"lastOfTraining": func() (string, error) { return lastOfTraining(root) },
		"grid":           func() string { return code(gridKeys()) },
		"notSearched":    notSearched,
		"probabilities":  func() (string, error) { return probabilities(root) },
		"parametrized":   parametrized,
	}).Parse(text)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = t.Execute(&out, nil)
	return out.String(), err
}

// table writes the keys of a table.
func table(root, name string) (string, error) {
	text := "| key | type | default | values | unit | meaning |\n|---|---|---|---|---|---|\n"
	for _, from := range tables[name] {
		keys, err := fields(root, from[0], from[1])
		if err != nil {
			return "", err
		}
		for _, f := range keys {
			text += row(name, f) + "\n"
		}
	}
	return text, nil
}

// lastOfTraining is the last key that a profile's table of a dataset may have of those of the profile.
func lastOfTraining(root string) (string, error) {
	keys, err := fields(root, "experiments/matrix", "Training")
	if err != nil {
		return "", err
	}
	return keys[len(keys)-1].key, nil
}

// gridKeys are the keys that may have a list, as the program lists them.
func gridKeys() []string { return behind(refusal("[profile.P]", "folds", "[1, 2]"), "can have one: ") }

// notSearched are those of them that no search may have.
func notSearched() string {
	searched := behind(refusal("[profile.P.search.space]", "zzz", "[1, 2]"), "There are ")
	others := slices.DeleteFunc(gridKeys(), func(key string) bool { return slices.Contains(searched, key) })
	last := len(others) - 1
	return code(others[:last]) + " and " + code(others[last:])
}

func behind(text, words string) []string {
	_, list, _ := strings.Cut(text, words)
	return strings.Split(list, ", ")
}

// probabilities lists the keys NAME-probability.
func probabilities(root string) (string, error) {
	keys, err := fields(root, "datasets/augment", "Probabilities")
	var names []string
	for _, f := range keys {
		names = append(names, f.key)
	}
	return code(names), err
}

// code writes words in the type of code.
func code(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return fmt.Sprintf("`%s`", strings.Join(words, "`, `"))
}

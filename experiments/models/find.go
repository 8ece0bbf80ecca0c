// Package models keeps trained networks by their names: a checkpoint with only what prediction needs, and a card that
// says what it is, how it was trained, how good it is and what it must not be used for.
package models

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"r2unet/evaluate/record"
	"r2unet/internal/nearest"
)

// Folder is where models lie below the module's root, one folder each.
const Folder = "results/models"

// CardFile is the name of a model's description in its folder.
const CardFile = "card.md"

// Find returns the folder of a model. It is looked for below the working folder and the folders above it, below the
// folder of the program's source code, and below that of the program. The error lists the models that there are.
func Find(name string) (folder string, err error) { return find(name, roots()) }

func find(name string, roots []string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	for _, root := range roots {
		if folder := filepath.Join(root, filepath.FromSlash(Folder), name); isModel(folder) {
			return folder, nil
		}
	}
	names := namesIn(roots)
	if len(names) == 0 {
		return "", fmt.Errorf("-model %s: there are no models; %s was looked for in %s; "+
			"sweep model -h says how a run becomes one", name, Folder, strings.Join(roots, ", "))
	}
	hint := ""
	if near := nearest.Of(name, names); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return "", fmt.Errorf("-model %s: there is no such model, only %s%s", name, strings.Join(names, ", "), hint)
}

// Names returns the names of the models that Find finds, in alphabetical order.
func Names() []string { return namesIn(roots()) }

func namesIn(roots []string) []string {
	var names []string
	for _, root := range roots {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(Folder), "*"))
		if err != nil {
			continue // a root with a pattern's characters lists nothing
		}
		for _, folder := range found {
			if name := filepath.Base(folder); isModel(folder) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func isModel(folder string) bool {
	info, err := os.Stat(filepath.Join(folder, record.CheckpointFile))
	return err == nil && info.Mode().IsRegular()
}

var namePattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func checkName(name string) error {
	if !namePattern.MatchString(name) {
		return fmt.Errorf("model %q: a name has lower-case letters, digits, and single hyphens between them", name)
	}
	return nil
}

// roots returns the folders below which models may lie, the nearest first.
func roots() []string {
	var roots []string
	add := func(root string) {
		if !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	if at, err := os.Getwd(); err == nil {
		add(at)
		for above := filepath.Dir(at); above != at; at, above = above, filepath.Dir(above) {
			if _, err := os.Stat(filepath.Join(above, filepath.FromSlash(Folder))); err == nil {
				add(above)
			}
		}
	}
	if _, source, _, ok := runtime.Caller(0); ok && filepath.IsAbs(source) {
		add(filepath.Dir(filepath.Dir(filepath.Dir(source))))
	}
	if program, err := os.Executable(); err == nil {
		add(filepath.Dir(program))
		add(filepath.Dir(filepath.Dir(program))) // of a program in bin
	}
	return roots
}

// Package internal contains no code: this test enforces which package may import which, as docs/architecture.md
// states.
package internal

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "r2unet/"

// TestPackagesImportOnlyWhatTheirRoomMay reads the rooms from docs/architecture.md, so that the page and the code
// cannot diverge.
func TestPackagesImportOnlyWhatTheirRoomMay(t *testing.T) {
	rooms := readRooms(t)
	used := map[string]bool{}
	for _, p := range listPackages(t) {
		from := roomOf(rooms, p.ImportPath)
		if from == "" {
			t.Errorf("package %s is in no room of docs/architecture.md", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			to := roomOf(rooms, imported)
			if !strings.HasPrefix(imported, module) || to == from {
				continue
			}
			if !slices.Contains(rooms[from], to) {
				t.Errorf("%s imports %s, which docs/architecture.md does not allow the room %s",
					p.ImportPath, imported, from)
			}
			used[from+" → "+to] = true
		}
	}
	for from, allowed := range rooms {
		for _, to := range allowed {
			if !used[from+" → "+to] {
				t.Errorf("docs/architecture.md lets %s import %s, which nothing does: take it out", from, to)
			}
		}
	}
}

// readRooms returns the packages that each room may import.
func readRooms(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\|.*\\|([^|]*)\\|$")
	name := regexp.MustCompile("`([a-z/]+)`")
	rooms := map[string][]string{}
	for _, match := range row.FindAllStringSubmatch(string(page), -1) {
		if _, twice := rooms[match[1]]; twice {
			t.Errorf("docs/architecture.md has two rows of the room %s", match[1])
		}
		rooms[match[1]] = nil
		for _, allowed := range name.FindAllStringSubmatch(match[2], -1) {
			rooms[match[1]] = append(rooms[match[1]], allowed[1])
		}
	}
	if len(rooms) < 10 {
		t.Fatalf("docs/architecture.md has %d rooms: its table is not what this test reads", len(rooms))
	}
	return rooms
}

// roomOf returns the innermost room of a package, "" if there is none.
func roomOf(rooms map[string][]string, path string) string {
	for room := strings.TrimPrefix(path, module); room != ""; {
		if _, ok := rooms[room]; ok {
			return room
		}
		i := strings.LastIndexByte(room, '/')
		room = room[:max(i, 0)]
	}
	return ""
}

type goPackage struct {
	ImportPath string
	Imports    []string // without those of tests
}

// listPackages returns the packages that contain more than tests.
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != strings.TrimSuffix(module, "/")+"/internal" {
			packages = append(packages, p)
		}
	}
}

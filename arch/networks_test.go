package arch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"r2unet/arch"
)

var inBackquotes = regexp.MustCompile("`([^`]+)`")

// TestTableOfNetworks: each row of docs/networks.md has settings that build a network of so many parameters, and names
// files of golden cases.
func TestTableOfNetworks(t *testing.T) {
	text, err := os.ReadFile("../docs/networks.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 || !strings.Contains(cells[1], " = ") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows++
		var keys []string
		for _, span := range inBackquotes.FindAllStringSubmatch(cells[1], -1) {
			keys = append(keys, span[1])
		}
		c := arch.Config{Name: cells[0], Block: "forward"}
		if _, err := toml.Decode(strings.Join(keys, "\n"), &c); err != nil {
			t.Errorf("%s: %v", cells[0], err)
			continue
		}
		want, err := strconv.Atoi(strings.ReplaceAll(cells[3], ",", ""))
		if err != nil {
			t.Errorf("%s: %v", cells[0], err)
		}
		if got := declared(t, c, 3).Count(); got != want {
			t.Errorf("%s: %d parameters, the table has %d", cells[0], got, want)
		}
		cases := inBackquotes.FindAllStringSubmatch(cells[4], -1)
		if len(cases) == 0 {
			t.Errorf("%s has no golden case", cells[0])
		}
		for _, name := range cases {
			found, err := filepath.Glob("../internal/model/testdata/*/" + name[1] + ".safetensors")
			if err != nil || len(found) == 0 {
				t.Errorf("%s: there is no golden case %s", cells[0], name[1])
			}
		}
	}
	if rows < 10 {
		t.Errorf("%d rows", rows)
	}
}

package augment

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestEveryKeyIsDocumented looks for each key in the table of docs/augmentation.md.
func TestEveryKeyIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/augmentation.md")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `") {
			table.WriteString(strings.SplitN(line, "|", 3)[1])
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		key := strings.TrimSuffix(f.Tag.Get("toml"), "-probability")
		if key != "" && !strings.Contains(table.String(), "`"+key+"`") {
			t.Errorf("%s is not there", key)
		}
	}
}

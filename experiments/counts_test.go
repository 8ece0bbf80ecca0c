package experiments

import (
	"strings"
	"testing"
)

// TestTableFourCountsEveryMode, whatever was run.
func TestTableFourCountsEveryMode(t *testing.T) {
	tables, err := makeTables(nil)
	if err != nil {
		t.Fatal(err)
	}
	markdown := tables[3].Markdown()
	for _, want := range []string{"482449", "554865", "557681", "559089", "973713", "975121", "1462161", "1952017", "1046129", "1047537", "1534577", "2024433"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("no network with %s parameters in\n%s", want, markdown)
		}
	}
}

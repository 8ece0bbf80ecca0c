package paper

import (
	"strings"
	"testing"
)

func TestPrintedTablesAreComplete(t *testing.T) {
	for n, want := range map[int]int{1: 27, 2: 9, 3: 5, 4: 2, 5: 5} {
		table, err := Printed(n)
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Rows) != want {
			t.Errorf("table %d has %d rows, want %d", n, len(table.Rows), want)
		}
	}
	if _, err := Printed(0); err == nil {
		t.Error("there is a table 0")
	}
}

func TestRowsKeepWhatIsPrinted(t *testing.T) {
	table, err := Printed(1)
	if err != nil {
		t.Fatal(err)
	}
	r := table.Rows[2]
	if r.Text("se") != "0.7250" || r.Value("se") != 0.725 || r.Own() || r.Line != 4 {
		t.Errorf("%+v: se %q", r, r.Text("se"))
	}
	if r.Text("f1") != "" || r.Value("f1") == r.Value("f1") {
		t.Errorf("a dash has text %q and value %v", r.Text("f1"), r.Value("f1"))
	}
	if !table.Rows[5].Own() {
		t.Error("U-Net's row is cited")
	}
}

func TestReadNamesTableAndLine(t *testing.T) {
	_, err := Read(strings.NewReader("a,b\n1,2\n3\n"), "mine.csv")
	if err == nil || !strings.Contains(err.Error(), "mine.csv") || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("error %v", err)
	}
	table, err := Read(strings.NewReader("\ufeffA, B \n 1,\"2\"\n"), "mine.csv")
	if err != nil || table.Columns[0] != "a" || table.Rows[0].Text("b") != "2" {
		t.Errorf("%+v, %v", table, err)
	}
}

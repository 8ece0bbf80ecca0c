package experiments

import (
	"path/filepath"
	"strings"
	"testing"

	"r2unet/evaluate/record"
)

// TestPointsOfAGridHaveRowsThatNameThem: each is an ordinary run, found again by the next sweep, also when the grid
// grows.
func TestPointsOfAGridHaveRowsThatNameThem(t *testing.T) {
	long(t)
	one := strings.Replace(tiny, "learning-rate = 1e-3", "learning-rate = [1e-3, 1e-2]", 1)
	o := inProcess(t, one)
	o.Only = "arch=U-Net"
	said := sweepOf(t, o)
	tables := filepath.Join(o.Out, "two", record.TablesFolder)
	csv := read(t, filepath.Join(tables, "table-1.csv"))
	for _, want := range []string{
		"learning-rate 0.001", "learning-rate 0.01", "drive-phantom-u-net-learning-rate-0-01-",
	} {
		if !strings.Contains(csv, want) {
			t.Errorf("Table I does not say %s:\n%s", want, csv)
		}
	}
	if !strings.Contains(said, "U-Net, learning-rate 0.01: AUC") {
		t.Errorf("the console says\n%s", said)
	}
	if n := strings.Count(read(t, filepath.Join(tables, "table-4.csv")), "DRIVE (phantom)"); n != 1 {
		t.Errorf("Table IV counts the network %d times", n)
	}
	rewrite(t, o, strings.Replace(one, "1e-2]", "1e-2, 1e-1]", 1))
	o.Only = "arch=U-Net,learning-rate=0.01|0.1"
	if said := sweepOf(t, o); strings.Count(said, "finished before") != 1 ||
		!strings.Contains(said, "[1/1] DRIVE (phantom) U-Net, learning-rate 0.1") {
		t.Errorf("with another value the console says\n%s", said)
	}
}

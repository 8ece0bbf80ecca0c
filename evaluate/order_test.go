package evaluate

import (
	"slices"
	"testing"
)

// TestRunsOfARowAreInOrderOfSeedAndFold whatever their notes say, such as the threshold that each has chosen; but of
// records without a hash of their files, runs with one note are one row and stay together.
func TestRunsOfARowAreInOrderOfSeedAndFold(t *testing.T) {
	run := func(hash string, seed uint64, fold int, note string) Result {
		return Result{
			RunID: note, Status: Finished, Dataset: "DRIVE", Architecture: "U-Net",
			Facets: Network{Block: "forward"}.Facets(), Folds: 2, DataHash: hash, Seed: seed, Fold: fold, Note: note,
		}
	}
	for _, c := range []struct {
		hash string
		want []string
		rows int
	}{
		{"abc", []string{"z", "a", "y", "b"}, 1},
		{"", []string{"a", "b", "y", "z"}, 4},
	} {
		results := []Result{
			run(c.hash, 2, 1, "b"), run(c.hash, 1, 1, "a"), run(c.hash, 2, 0, "y"), run(c.hash, 1, 0, "z"),
		}
		var got []string
		sorted := inOrder(results)
		for _, r := range sorted {
			got = append(got, r.Note)
		}
		if rows := len(groups(sorted)); !slices.Equal(got, c.want) || rows != c.rows {
			t.Errorf("with hash %q: %q in %d rows; want %q in %d", c.hash, got, rows, c.want, c.rows)
		}
	}
}

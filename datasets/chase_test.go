package datasets

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedData is where a developer's copies of public datasets lie.
const sharedData = "../../shared/data"

// TestRealChase opens the official files of CHASE_DB1.
func TestRealChase(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes 56 files")
	}
	if _, err := os.Stat(filepath.Join(sharedData, "CHASE_DB1")); err != nil {
		t.Skip("no copy of CHASE_DB1 beside the project")
	}
	ds, err := Open(t.Context(), Config{
		Name: "CHASE_DB1", Patch: 48, Patches: 200, ValidationPatches: 32, Cache: t.TempDir(),
	}, sharedData, 1)
	if err != nil {
		t.Fatal(err)
	}
	if f := ds.Facts(); ds.Phantom || f.Images != 28 || f.FOV != "generated" || f.Width != [2]int{999, 999} ||
		f.Height != [2]int{960, 960} {
		t.Errorf("%+v", f)
	}
	fold := first(t, ds)
	if len(fold.Train) != 20 || len(fold.Test) != 8 {
		t.Fatalf("%+v", fold.Split)
	}
	vessel := 0.0
	src := trainSource(t, ds)
	for i := range src.Len() {
		_, target := fill(t, src, 0, i)
		for _, v := range target {
			vessel += float64(v)
		}
	}
	if share := vessel / float64(src.Len()*48*48); share < 0.05 || share > 0.12 { // 6.9 % of all pixels
		t.Errorf("%.3f of the patches' pixels are vessels", share)
	}
	positive := 0
	for _, id := range fold.Test {
		s, err := ds.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range s.Truth {
			if s.FOV[i] == 0 && v == 1 {
				positive++
			}
		}
	}
	if positive > 2500 { // of half a million vessel pixels
		t.Errorf("%d vessel pixels lie outside of the generated fields of view", positive)
	}
}

package evaluate

import (
	"slices"
	"testing"
)

func TestManyNotesThatDifferInNumbersBecomeOne(t *testing.T) {
	few := []string{"threshold 0.4 on 2 images", "other", "threshold 0.35 on 2 images", "threshold 0.4 on 2 images"}
	if got := MergeNotes(few); !slices.Equal(got, []string{few[0], few[2], few[1]}) {
		t.Errorf("few notes: %q", got)
	}
	many := append(slices.Clone(few), "threshold 0.50 on 2 images",
		"threshold 0.123 on 2 images", "threshold 1 on 1 image")
	want := []string{"threshold 0.123 to 0.50 on 2 images (4 such notes)", "other", "threshold 1 on 1 image"}
	if got := MergeNotes(many); !slices.Equal(got, want) {
		t.Errorf("many notes: %q; want %q", got, want)
	}
}

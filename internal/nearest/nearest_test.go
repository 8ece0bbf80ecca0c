package nearest

import "testing"

func TestTheNearestWordIsTheOneThatWasMeant(t *testing.T) {
	for _, c := range []struct {
		word       string
		candidates []string
		want       string
	}{
		{"leraning-rate", []string{"epochs", "learning-rate", "batch"}, "learning-rate"},
		{"ISIC_2017_", []string{"DRIVE", "ISIC2017"}, "ISIC2017"},
		{"drive", []string{"DRIVE"}, "DRIVE"},
		{"patch", []string{"colour", "window"}, ""},
		{"x", nil, ""},
	} {
		if got := Of(c.word, c.candidates); got != c.want {
			t.Errorf("%s among %v: %q, want %q", c.word, c.candidates, got, c.want)
		}
	}
}

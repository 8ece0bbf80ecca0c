package matrix

import (
	"reflect"
	"strings"
	"testing"
)

// TestWhatIsDoneToPredictionsIsOfTheTestAlone: networks are tested anew, not trained anew, and what is not asked for is
// absent from what a run's identity is computed from.
func TestWhatIsDoneToPredictionsIsOfTheTestAlone(t *testing.T) {
	plain := Run{Training: Training{TTA: "none", Post: " none "}}
	plain.Training.defaults()
	asked := plain
	asked.Training.TTA, asked.Training.Post = TTAFlips, "min-size( 30 )+fill-holes(max=all)"
	asked.Training.defaults()
	if plain.Training.TTA != "" || plain.Training.Post != "" || len(plain.Training.Tested()) != 0 {
		t.Errorf("defaults are %q and %q", plain.Training.TTA, plain.Training.Post)
	}
	want := []Setting{{"tta", "flips"}, {"post", "min-size(px=30) + fill-holes"}}
	if got := asked.Training.Tested(); !reflect.DeepEqual(got, want) {
		t.Errorf("rows of tables name %v, want %v", got, want)
	}
	if !reflect.DeepEqual(plain.Trained(), asked.Trained()) {
		t.Error("the networks would be trained anew")
	}
	if a, err := plain.Hash(); err != nil {
		t.Error(err)
	} else if b, err := asked.Hash(); err != nil || a == b {
		t.Errorf("both runs have the hash %s, %v", a, err)
	}
}

// TestWrongTTAAndPostAreNamed with file, line and key.
func TestWrongTTAAndPostAreNamed(t *testing.T) {
	const matrix = `
[[architecture]]
name = "U-Net"
block = "forward"
channels = [2, 4]

[[dataset]]
name = "DRIVE"

[profile.p]
epochs = 1
batch = 1
learning-rate = 1e-3
`
	for line, want := range map[string]string{
		`tta = "turns"`: `x.toml:14: profile p: tta = "turns": must be "flips", "d4" or "none"`,
		`post = "min-sze"`: `x.toml:14: profile p: post = "min-sze": unknown, expected one of fill-holes, ` +
			`hysteresis, largest, min-size (did you mean "min-size"?)`,
		`post = "min-size(0)"`: `x.toml:14: profile p: post = min-size: px=0: expected a whole number from 1`,
	} {
		file, err := Parse("x.toml", matrix+line+"\n")
		if err == nil {
			_, err = file.Profile("p")
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", line, err, want)
		}
	}
}

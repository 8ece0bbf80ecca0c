package export

import (
	"testing"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/experiments/matrix"
	"r2unet/experiments/training"
)

// TestFileSaysWhatSegmentDoesBesides: means over flips, post-processing and the user's names of classes.
func TestFileSaysWhatSegmentDoesBesides(t *testing.T) {
	network := training.Trained{Config: matrix.Run{
		Architecture: arch.Config{Name: "U-Net", Block: "forward", Channels: []int{2, 4}},
		Dataset:      datasets.Config{Name: "Cells", Classes: datasets.Classes{{Name: "ground"}, {Name: "cell"}}},
		Training:     matrix.Training{TTA: "flips", Post: "fill-holes"},
	}}
	about, err := describe(network)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"tta": "flips", "post": "fill-holes", "classes": `["ground","cell"]`, "threshold": "0.5",
	} {
		if got := about.Metadata[key]; got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	network.Config.Training, network.Config.Dataset.Classes = matrix.Training{}, nil
	about, err = describe(network)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := about.Metadata["tta"]; ok || about.Metadata["classes"] != `["background","foreground"]` {
		t.Errorf("%v", about.Metadata)
	}
}

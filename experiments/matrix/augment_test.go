package matrix

import (
	"strconv"
	"strings"
	"testing"

	"r2unet/datasets/augment"
)

// augmentedMatrix is small with augmentations of a profile, of a dataset, and of that dataset in the profile.
func augmentedMatrix(profile, dataset, both string) string {
	ofDataset := "\n[dataset.augment]\n" + dataset + "\n\n[[experiment]]" // the last dataset is STARE
	return strings.Replace(small, "\n[[experiment]]", ofDataset, 1) +
		"\n[profile.smoke.augment]\n" + profile + "\n[profile.smoke.dataset.STARE.augment]\n" + both +
		"\n[profile.plain]\nepochs = 1\nbatch = 2\nlearning-rate = 1e-3\n"
}

func TestAugmentationOfAProfileIsOfAllItsDatasets(t *testing.T) {
	text := augmentedMatrix(
		"flip = true\nrotate = 20\nrotate-probability = 0.2\nscale = 0.3\nblur = 1\nblur-probability = 1",
		"scale = 0.1\nblur = 0", "noise = 0.02")
	file, err := Parse("m.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	probabilities := augment.Probabilities{RotateP: 0.2}
	for name, want := range map[string]map[string]augment.Config{
		"smoke": {
			"DRIVE": {Flip: true, Rotate: 20, Scale: 0.3, Blur: 1, Probabilities: probabilities},
			"STARE": {Flip: true, Rotate: 20, Scale: 0.1, Noise: 0.02, Probabilities: probabilities},
		},
		"plain": {"DRIVE": {}, "STARE": {Scale: 0.1}},
	} {
		p, err := file.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range file.DatasetConfigs(p) {
			if c.Augment != want[c.Name] {
				t.Errorf("%s, %s: %+v, want %+v", name, c.Name, c.Augment, want[c.Name])
			}
		}
	}
}

func TestWrongAugmentationsAreRefusedWithFileLineAndKey(t *testing.T) {
	line := func(text, at string) int { return strings.Count(text[:strings.Index(text, at)], "\n") + 1 }
	for want, c := range map[string][3]string{
		"augment.rotate = 181: must be":           {"rotate = 181", "", ""},
		"augment.cutmix = 1.5: must be":           {"cutmix = 1.5", "", ""},
		`unknown key "profile.smoke.augment.bl`:   {"blurr = 1", "", ""},
		`did you mean "blur-probability"?`:        {"blur-probabilty = 1", "", ""},
		"blur-probability: must be above 0":       {"blur-probability = 0", "", ""},
		`augment.hue: needs input = "rgb"`:        {"hue = 0.1", "", ""},
		"augment.saturation: needs input":         {"", "saturation = 0.1", ""},
		"augment.resized-crop = [1, 0.5]: must":   {"", "resized-crop = [1.0, 0.5]", ""},
		"augment.low-resolution-probability = 2:": {"", "", "low-resolution-probability = 2"},
	} {
		text := augmentedMatrix(c[0], c[1], c[2])
		key, _, _ := strings.Cut(c[0]+c[1]+c[2], " ")
		_, err := Parse("m.toml", text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", c, err, want)
			continue
		}
		if at := "m.toml:" + strconv.Itoa(line(text, "\n"+key)+1) + ":"; !strings.HasPrefix(err.Error(), at) {
			t.Errorf("%v: %v, want it at %s", c, err, at)
		}
	}
}

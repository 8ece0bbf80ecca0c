package datasets

import (
	"math"
	"strings"
	"testing"

	"r2unet/datasets/augment"
)

func TestValidateNamesTheKeyAndTheChoices(t *testing.T) {
	drive := Config{Name: "DRIVE", Patch: 48, Patches: 10}
	for _, test := range []struct {
		want   string
		change func(c *Config)
	}{
		{`name = "drive": there is no such dataset; did you mean "DRIVE"?`, func(c *Config) { c.Name = "drive" }},
		{`there are ` + strings.Join(Names(), ", "), func(c *Config) { c.Name = "" }},
		{`input = "gray": must be "grey", "green" or "rgb"`, func(c *Config) { c.Input = "gray" }},
		{`crop = "round": must be "square"`, func(c *Config) { c.Crop = "round" }},
		{`normalize = "yes"`, func(c *Config) { c.Normalize = "yes" }},
		{`sampling = "random": must be "uniform", "fov" or "balanced"`, func(c *Config) { c.Sampling = "random" }},
		{`loss-region = "image": must be "fov" for DRIVE`, func(c *Config) { c.LossRegion = "image" }},
		{`loss-region = "fov": must be left out for ISIC2017`, func(c *Config) { c.Name, c.LossRegion = "ISIC2017", "fov" }},
		{`draw = "twice"`, func(c *Config) { c.Draw = "twice" }},
		{`split = "paper": must be "kfold" or "official"`, func(c *Config) { c.Split = "paper" }},
		{`validation = "none"`, func(c *Config) { c.Validation = "none" }},
		{`patch = -1: must be from 0`, func(c *Config) { c.Patch = -1 }},
		{`patch = 100000`, func(c *Config) { c.Patch = 100000 }},
		{`patches = 0: must be at least 1`, func(c *Config) { c.Patches = 0 }},
		{`size = 9000`, func(c *Config) { c.Size = Square(9000) }},
		{`is larger than the images, which size = 32`, func(c *Config) { c.Size = Square(32) }},
		{`observer = 3`, func(c *Config) { c.Observer = 3 }},
		{`folds = 1: must be at least 2`, func(c *Config) { c.Split, c.Folds = "kfold", 1 }},
		{`folds = 4: goes with split = "kfold" only`, func(c *Config) { c.Folds = 4 }},
		{`clahe = 0.5`, func(c *Config) { c.CLAHE = 0.5 }},
		{`label-threshold = 128: must be 0 (off) or a share of white`, func(c *Config) { c.LabelThreshold = 128 }},
		{`label-threshold = NaN`, func(c *Config) { c.LabelThreshold = math.NaN() }},
		{`gamma = NaN`, func(c *Config) { c.Gamma = math.NaN() }},
		{`window = [0, 1]: DRIVE has no CT numbers`, func(c *Config) { c.Window = [2]float64{0, 1} }},
		{`window = [5, 1]: must be two CT numbers, the smaller first`, func(c *Config) { c.Name, c.Window = "Lung", [2]float64{5, 1} }},
		{`patch = 0: whole images are trained on, but patches = 10`, func(c *Config) { c.Patch = 0 }},
		{`sampling = "uniform": goes with patches only`, func(c *Config) { c.Patch, c.Patches, c.Sampling = 0, 0, "uniform" }},
		{`observer = 2: Lung has one observer`, func(c *Config) { c.Name, c.Observer = "Lung", 2 }},
		{`input = "rgb": must be "grey" for Lung`, func(c *Config) { c.Name, c.Input = "Lung", "rgb" }},
		{`crop = "square": must be left out for STARE`, func(c *Config) { c.Name, c.Crop = "STARE", "square" }},
		{`augment.hue: needs input = "rgb"; the input of DRIVE has one channel`, func(c *Config) { c.Augment.Hue = 0.1 }},
		{`augment.rotate = 200: must be from 0 to 180 degrees`, func(c *Config) { c.Augment = augment.Config{Rotate: 200} }},
		{`sampling = "fov": must be "uniform" or "balanced" for ISIC2017`, func(c *Config) { c.Name, c.Sampling = "ISIC2017", "fov" }},
		{`phantom-shrink = 9: must be from 0 to 8`, func(c *Config) { c.PhantomShrink = 9 }},
		{`phantom-images = -3`, func(c *Config) { c.PhantomImages = -3 }},
		{`phantom-images = 3: Wells-T has no phantom`, func(c *Config) {
			*c = Config{Name: "Wells-T", Kind: KindFolder, Images: "a/*.png", Labels: "b/{stem}.png", PhantomImages: 3}
		}},
		{`phantom-shrink = 2: Wells-T has no phantom`, func(c *Config) {
			*c = Config{Name: "Wells-T", Kind: KindFolder, Images: "a/*.png", Labels: "b/{stem}.png", PhantomShrink: 2}
		}},
		{`validation-patches = -3: must be from 0`, func(c *Config) { c.ValidationPatches = -3 }},
		{`crop = "square": must be left out for CHASE_DB1`, func(c *Config) { c.Name, c.Crop = "CHASE_DB1", "square" }},
		{`split = "leave-one-out": must be "kfold", "patients" or "paper" for CHASE_DB1`, func(c *Config) { c.Name, c.Split = "CHASE_DB1", "leave-one-out" }},
		{`name = "isic": there is no such dataset; did you mean "ISIC2017"?`, func(c *Config) { c.Name = "isic" }},
		{`input = "yuv": must be "rgb", "grey" or "green" for ISIC2017`, func(c *Config) { c.Name, c.Input = "ISIC2017", "yuv" }},
		{`normalize = "fold": must be "dataset", "image" or "none" for DRIVE`, func(c *Config) { c.Normalize = "fold" }},
		{`window = [-1e+06, 1]: must be two CT numbers, the smaller first`, func(c *Config) { c.Name, c.Window = "Lung", [2]float64{-1e6, 1} }},
		{`elastic-grid = 2: must be 0 (the default of 16 px) or at least 4 px`, func(c *Config) { c.Augment.ElasticGrid = 2 }},
		{`draw = "never": must be "epoch" or "once" for DRIVE`, func(c *Config) { c.Draw = "never" }},
		{`validation = "image": must be "patches" or "images" for DRIVE`, func(c *Config) { c.Validation = "image" }},
	} {
		c := drive
		test.change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v\n got %v\nwant %s", c, err, test.want)
		}
	}
	if err := drive.Validate(); err != nil {
		t.Error(err)
	}
}

func TestChannelsFollowTheInput(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   int
	}{
		{Config{Name: "DRIVE"}, 1},
		{Config{Name: "DRIVE", Input: "green"}, 1},
		{Config{Name: "DRIVE", Input: "rgb"}, 3},
		{Config{Name: "ISIC2017"}, 3},
		{Config{Name: "ISIC2017", Input: "grey"}, 1},
		{Config{Name: "Lung"}, 1},
	} {
		if got := c.config.Channels(); got != c.want {
			t.Errorf("%s %q: %d channels, want %d", c.config.Name, c.config.Input, got, c.want)
		}
	}
}

package matrix

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"r2unet/datasets"
	"r2unet/experiments/postprocess"
	"r2unet/experiments/schedules"
	"r2unet/layers"
	"r2unet/layers/losses"
)

// Samples is what is known of a run's data without decoding images; settings are checked against it.
type Samples struct {
	Train, Validation, Test int // samples per epoch, and test images, before limits in the settings
	Height, Width           int // of a training sample, px
	ShortestSide            int // of the images that patches are cut from, px
	Held                    int // whole images held out for validation
}

// maxUpdates is the largest number of optimizer steps a checkpoint can count: float32 is exact up to it.
const maxUpdates = 1 << 24

// Check finds errors in the combination of settings, network and data, such as a patch that the network cannot halve,
// which training or testing would run into later. Errors name file, line and key, and the nearest valid values.
func (f *File) Check(p Profile, r Run, s Samples) error {
	for _, check := range []func(Profile, Run, Samples) problem{
		checkLoss, checkTest, checkCounts, checkSides, checkLastBatch, checkUpdates, checkAccumulate, checkWarmup,
		checkInstanceNorm, checkFreeze,
	} {
		if found := check(p, r, s); found.text != "" {
			return fmt.Errorf("%s: profile %s, dataset %s: %s",
				f.place(p, r.Dataset.Name, found.key), p.Name, r.Dataset.Name, found.text)
		}
	}
	return nil
}

// problem is a setting that conflicts with others; with an empty text there is none.
type problem struct{ key, text string }

func problemf(key, format string, args ...any) problem {
	return problem{key, fmt.Sprintf(format, args...)}
}

// place returns the file and line at which a key is set for a dataset in a profile, or those of the dataset's table if
// it is not written.
func (f *File) place(p Profile, dataset, key string) string {
	number := slices.IndexFunc(f.Datasets, func(c datasets.Config) bool { return c.Name == dataset })
	table := fmt.Sprintf("dataset[%d]", number)
	for _, t := range []string{
		"profile." + p.Name + ".dataset." + dataset, table, "profile." + p.Name, "profile." + p.Name + ".search.space",
	} {
		if line, ok := f.decoder.lines[t+"."+key]; ok {
			return fmt.Sprintf("%s:%d", f.Path, line)
		}
	}
	return f.decoder.place(table, "")
}

// Place adds file and line to an error from opening or splitting a dataset that a setting caused, which the text names
// as in "STARE: patch = 48: …". Other errors are returned unchanged.
func (f *File) Place(p Profile, dataset string, err error) error {
	first := -1
	key, text := "", " "+err.Error()
	for _, k := range tomlKeys(reflect.TypeFor[datasets.Config]()) {
		if i := strings.Index(text, " "+k+" = "); i >= 0 && (first < 0 || i < first) {
			first, key = i, k
		}
	}
	switch {
	case first < 0 && strings.HasPrefix(text, " split "): // files and split settings do not fit together
		key = "split"
	case first < 0:
		return err
	}
	return f.PlaceAt(p, dataset, key, err)
}

// PlaceAt adds the file and line of a key to an error.
func (f *File) PlaceAt(p Profile, dataset, key string, err error) error {
	return fmt.Errorf("%s: %w", f.place(p, dataset, key), err)
}

// CheckFolds rejects a profile that asks for more folds than any of its datasets has. It only checks if all were
// opened.
func (f *File) CheckFolds(p Profile, sources map[string]Source) error {
	configs := f.DatasetConfigs(p)
	if len(sources) < len(configs) {
		return nil
	}
	most := 1
	for _, s := range sources {
		most = max(most, s.Folds)
	}
	if p.Folds <= most {
		return nil
	}
	return fmt.Errorf("%s: profile %s: folds = %d: its datasets have at most %d: use %d, or 0 for all",
		f.decoder.place("profile."+p.Name, "folds"), p.Name, p.Folds, most, most)
}

// CheckStride rejects a stride that no run of the profile uses: test = "patches" was forgotten.
func (f *File) CheckStride(p Profile, runs []Run) error {
	reads := func(r Run) bool { return r.Training.Test == "patches" || p.TimeBoth && r.Dataset.Patch > 0 }
	if p.Stride == 0 || len(runs) == 0 || slices.ContainsFunc(runs, reads) {
		return nil
	}
	return fmt.Errorf(`%s: profile %s: stride = %d: nothing reads it, because every run has test = "whole": set `+
		`test = "patches", or leave stride out`,
		f.decoder.place("profile."+p.Name, "stride"), p.Name, p.Stride)
}

// checkLoss checks that the loss and the post-processing fit the number of classes, and that there is a threshold and a
// temperature to choose.
func checkLoss(_ Profile, r Run, _ Samples) problem {
	sum, err := losses.Parse(r.Training.Loss)
	if err == nil {
		err = sum.Check(len(r.Dataset.Classes))
	}
	switch {
	case err != nil:
		return problemf("loss", "loss = %v", err)
	case r.Training.Threshold != "" && layers.Outputs(len(r.Dataset.Classes)) > 1:
		return problemf("threshold", "threshold = %q: of %d classes the most probable one is taken, without a "+
			"threshold: leave it out", r.Training.Threshold, len(r.Dataset.Classes))
	case r.Training.Temperature != "" && layers.Outputs(len(r.Dataset.Classes)) > 1:
		return problemf("temperature", "temperature = %q: it is of a class and its background, and there are %d "+
			"classes: leave it out", r.Training.Temperature, len(r.Dataset.Classes))
	}
	if steps, err := postprocess.Parse(r.Training.Post); err == nil {
		if err := steps.Check(layers.Outputs(len(r.Dataset.Classes)) > 1); err != nil {
			return problemf("post", "post = %q: %v", r.Training.Post, err)
		}
	}
	return problem{}
}

// checkTest checks the settings of testing.
func checkTest(p Profile, r Run, s Samples) problem {
	t, patch := r.Training, r.Dataset.Patch
	switch {
	case t.Assess == AssessValidation && s.Held == 0:
		return problemf("assess", `assess = "validation": only patches of the training images are held out for `+
			`validation, `+
			`no whole images, and they would say nothing of new images: set validation = "images" for the dataset`)
	case t.Threshold == ThresholdValidation && s.Held == 0:
		return problemf("threshold", `threshold = "validation": no whole images are held out for validation: `+
			`set validation = "images" for the dataset, or take threshold = "training"`)
	case t.Temperature != "" && s.Held == 0:
		return problemf("temperature", `temperature = "validation": no whole images are held out for validation: `+
			`set validation = "images" for the dataset`)
	case t.Test == "patches" && patch == 0:
		return problemf("test", `test = "patches": whole images are trained on (patch = 0), so that no side of a `+
			`patch is known: take test = "whole", or set patch`)
	case t.Stride > patch && (t.Test == "patches" || p.TimeBoth && patch > 0):
		return problemf("stride", "stride = %d: patches of %d px so far apart would leave gaps: must be from 1 to "+
			"%d (%d lets them overlap by half)",
			t.Stride, patch, patch, max(1, patch/2))
	}
	return problem{}
}

// checkCounts checks that there are samples for training, validation and testing.
func checkCounts(_ Profile, r Run, s Samples) problem {
	switch c := r.Dataset; {
	case s.Train == 0:
		return problemf("patches", "there are no training samples; at least 1 is needed")
	case s.Validation == 0 && c.Patch > 0:
		return problemf("validation-patches", "validation-patches = 0: each epoch is measured on at least 1 patch; "+
			"the paper takes one for nine of training, here %d",
			max(1, c.Patches/9))
	case s.Validation == 0:
		return problemf("validation", "there are no validation images; at least 1 is needed")
	case s.Test == 0:
		return problemf("split", "there are no test images; at least 1 is needed")
	}
	return problem{}
}

// checkSides checks that the network can halve the sides of a training sample often enough.
func checkSides(_ Profile, r Run, s Samples) problem {
	m, c := r.Architecture.Multiple(), r.Dataset
	if s.Height%m == 0 && s.Width%m == 0 || c.Patch == 0 && !c.Size.Set() { // whole images are padded
		return problem{}
	}
	because := fmt.Sprintf("%s with %d levels halves a side %d times, so it must be a multiple of %d",
		ArchitectureTitle(r.Architecture), len(r.Architecture.Channels), r.Architecture.Halvings(), m)
	near := func(side int) int { return max(m, (side+m/2)/m*m) }
	switch {
	case c.Patch > 0:
		return problemf("patch", "patch = %d: %s: %s", c.Patch, because, nearestMultiples(c.Patch, m, s.ShortestSide))
	case c.Size.Width != c.Size.Height:
		return problemf("size", "size = %v: %s: [%d, %d]", c.Size, because, near(c.Size.Width), near(c.Size.Height))
	}
	return problemf("size", "size = %v: %s: %s", c.Size, because, nearestMultiples(c.Size.Width, m, 0))
}

// nearestMultiples names the valid multiples of m below and above a side: "48 or 64".
func nearestMultiples(side, m, largest int) string {
	below := side / m * m
	var texts []string
	for _, v := range []int{below, below + m} {
		if v > 0 && (largest == 0 || v <= largest) {
			texts = append(texts, fmt.Sprint(v))
		}
	}
	if len(texts) == 0 {
		return fmt.Sprintf("the images, of %d px, are too small: take fewer levels", largest)
	}
	return strings.Join(texts, " or ")
}

// deepestIsPixel reports whether a training sample is a single pixel at the deepest level that has a norm.
func deepestIsPixel(r Run, s Samples) bool {
	m := r.Architecture.Multiple()
	return s.Height == m && s.Width == m && r.Architecture.Halvings() < len(r.Architecture.Channels)
}

// checkInstanceNorm refuses samples that an instance norm would make zero at the deepest level.
func checkInstanceNorm(_ Profile, r Run, s Samples) problem {
	if !deepestIsPixel(r, s) || r.Architecture.Norm != layers.NormInstance {
		return problem{}
	}
	key := "size"
	if r.Dataset.Patch > 0 {
		key = "patch"
	}
	return problemf(key, "%s = %d: at the deepest level of %s a sample is one pixel, which an instance norm makes "+
		"zero: take %d", key, s.Width, ArchitectureTitle(r.Architecture), 2*s.Width)
}

// checkFreeze refuses to freeze the encoder of a network that has two.
func checkFreeze(_ Profile, r Run, _ Samples) problem {
	if r.Training.Freeze == "" || r.Architecture.Style != "wnet" {
		return problem{}
	}
	return problemf("freeze", "freeze = %q: %s is of the style wnet, which has two encoders: leave freeze out",
		r.Training.Freeze, ArchitectureTitle(r.Architecture))
}

// checkLastBatch finds a last batch with a single value per channel at the deepest level, which has no deviation.
func checkLastBatch(_ Profile, r Run, s Samples) problem {
	m, t, c := r.Architecture.Multiple(), r.Training, r.Dataset
	trained, key := s.Train, "patches"
	if t.Samples > 0 && t.Samples < trained {
		trained, key = t.Samples, "samples"
	}
	last := cmp.Or(trained%t.Batch, min(t.Batch, trained))
	if last != 1 || !deepestIsPixel(r, s) || r.Architecture.Norm != layers.NormBatch {
		return problem{}
	}
	because := fmt.Sprintf("at the deepest level of %s a sample of %d×%d px is one value, and batch norm needs two",
		ArchitectureTitle(r.Architecture), s.Width, s.Height)
	if t.Batch == 1 {
		return problemf("batch", "batch = 1: %s: take batch = 2, or larger samples (%d px)", because, 2*m)
	}
	if trained == 1 {
		return problemf(key, "there is one training sample: %s: take more, or larger ones (%d px)", because, 2*m)
	}
	other := fmt.Sprintf("batch = %d", otherBatch(t.Batch, trained))
	if key == "patches" && c.Patch == 0 { // limited by the number of images
		return problemf("batch", "batch = %d: the last batch of %d images has one, and %s: take %s, samples = %d, "+
			"or larger samples (%d px)",
			t.Batch, trained, because, other, trained-1, 2*m)
	}
	return problemf(key, "%s = %d: the last batch of %d has one sample, and %s: take %s = %d or %d, %s, or larger "+
		"samples (%d px)",
		key, trained, t.Batch, because, key, trained-1, trained+1, other, 2*m)
}

// otherBatch returns the nearest batch size that leaves more than one sample in the last batch.
func otherBatch(batch, samples int) int {
	for d := 1; ; d++ {
		for _, b := range []int{batch + d, batch - d} {
			if b > 1 && samples%b != 1 {
				return b
			}
		}
	}
}

// trained returns the samples of an epoch that are used, and the steps that they take.
func trained(t Training, s Samples) (samples, steps int) {
	samples = s.Train
	if t.Samples > 0 {
		samples = min(samples, t.Samples)
	}
	return samples, (samples + t.Batch - 1) / t.Batch
}

// checkAccumulate refuses updates of more batches than an epoch has, because an update ends with its epoch.
func checkAccumulate(_ Profile, r Run, s Samples) problem {
	if _, steps := trained(r.Training, s); r.Training.Accumulate > steps {
		return problemf("accumulate", "accumulate = %d: an epoch has %d batches, and an update ends with it: must "+
			"be from 1 to %d",
			r.Training.Accumulate, steps, steps)
	}
	return problem{}
}

// checkWarmup refuses a warm-up that does not end before the training.
func checkWarmup(_ Profile, r Run, s Samples) problem {
	w, err := schedules.ParseWarmup(r.Training.Warmup)
	_, steps := trained(r.Training, s)
	each := max(r.Training.Accumulate, 1)
	updates := (steps + each - 1) / each * r.Training.Epochs
	if err == nil && w.Updates(updates, r.Training.Epochs) >= updates {
		return problemf("warmup", "warmup = %q: must be shorter than the training, %d updates",
			r.Training.Warmup, updates)
	}
	return problem{}
}

// checkUpdates checks that a checkpoint can count the steps.
func checkUpdates(_ Profile, r Run, s Samples) problem {
	trained, steps := trained(r.Training, s)
	switch {
	case steps*r.Training.Epochs <= maxUpdates:
		return problem{}
	case steps > maxUpdates:
		return problemf("batch", "batch = %d: an epoch of %d samples has %d steps, more than the %d that a "+
			"checkpoint counts: take larger batches or fewer samples",
			r.Training.Batch, trained, steps, maxUpdates)
	}
	return problemf("epochs", "epochs = %d: of %d steps each are more than the %d that a checkpoint counts: take "+
		"at most %d",
		r.Training.Epochs, steps, maxUpdates, maxUpdates/steps)
}

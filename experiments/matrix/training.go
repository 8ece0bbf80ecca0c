package matrix

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/measures"
	"r2unet/experiments/postprocess"
	"r2unet/experiments/schedules"
	"r2unet/layers/losses"
	"r2unet/layers/optimizers"
)

// Training holds the settings for training and testing a network on one dataset. Every field changes results, so all of
// them are part of a run's identity.
type Training struct {
	// Epochs is the number of passes over the training samples.
	Epochs int `toml:"epochs" json:"epochs"`
	// Batch is the number of samples of a step.
	Batch int `toml:"batch" json:"batch"`
	// LearningRate is that of the optimizer, where its schedule begins; the paper has 2e-4.
	LearningRate float64 `toml:"learning-rate" json:"learning_rate"`

	// ComputeBudget is what the training steps of a run may take, in TFLOP, counted from the network and the samples:
	// each run gets the epochs that come closest to it, at least 1, so that networks are compared at equal computation.
	// It stands in place of Epochs, and only the epochs are part of a run's identity; 0 = none.
	ComputeBudget float64 `toml:"compute-budget" json:"-"`

	// Loss is what training minimizes: a loss or a weighted sum of some, such as "0.5*bce + dice"; default "bce",
	// binary cross-entropy, or "cross-entropy" for three or more classes.
	Loss string `toml:"loss" json:"loss"`

	// InitialGain multiplies the initial 3×3 weights, which are He-normal at 1; default 0.41, as in PyTorch.
	InitialGain float64 `toml:"initial-gain" json:"initial_gain"`

	// Samples limits the training samples of an epoch to the first ones; 0 = all.
	Samples int `toml:"samples" json:"samples"`
	// ValidationSamples limits the validation samples to the first ones; 0 = all.
	ValidationSamples int `toml:"validation-samples" json:"validation_samples"`

	// TestImages limits the measured images (those that Assess chooses) to the first ones; 0 = all.
	TestImages int `toml:"test-images" json:"test_images"`

	// Test is how test images are predicted: "whole" (default), one pass over the padded image, or "patches", the mean
	// of overlapping patches.
	Test string `toml:"test" json:"test"`
	// Stride is the distance of these patches, px, at least 1 with test = "patches"; 0 = whole images.
	Stride int `toml:"stride" json:"stride"`

	// TTA is what the prediction of a test image is the mean over: "flips", of its 4 flips, "d4", of its 8 flips and
	// right angles, or "none" (default), of itself alone.
	TTA string `toml:"tta" json:"tta,omitempty"`
	// Post is what is done to masks before they are measured, such as "min-size(30) + fill-holes"; "" = nothing.
	Post string `toml:"post" json:"post,omitempty"`

	// Optimizer is what updates weights, such as "sgd(momentum=0.99)"; default "adam".
	Optimizer string `toml:"optimizer" json:"optimizer,omitempty"`

	// Schedule is how the learning rate changes, such as "cosine(cycles=3)"; default "constant".
	Schedule string `toml:"schedule" json:"schedule,omitempty"`
	// Warmup is how long the learning rate rises first, "5 epochs" or "500 updates"; default none.
	Warmup string `toml:"warmup" json:"warmup,omitempty"`

	// WeightDecay is that of all parameters, decoupled for adamw and an L2 penalty for others; 0 = none.
	WeightDecay float64 `toml:"weight-decay" json:"weight_decay,omitempty"`

	// ClipNorm limits the norm of the gradient; 0 = no limit.
	ClipNorm float64 `toml:"clip-norm" json:"clip_norm,omitempty"`
	// Accumulate is the number of batches whose gradients an update sums up; default 1.
	Accumulate int `toml:"accumulate" json:"accumulate,omitempty"`

	// Init is a file of weights to start from: a checkpoint, or a state_dict of PyTorch in safetensors format with the
	// same names; "" = random ones. Relative paths begin at the matrix. Its content is part of a run's identity, its
	// name is not.
	Init string `toml:"init" json:"-"`

	// InitHash is the SHA-256 of Init's file, and InitPath is where it is; File.Profile sets them.
	InitHash string `toml:"-" json:"init,omitempty"`
	InitPath string `toml:"-" json:"-"`

	// Freeze is the part of the network that keeps the weights and running statistics of Init, "encoder"; "" = none.
	Freeze string `toml:"freeze" json:"freeze,omitempty"`

	// Average is the decay of the moving average of weights that is validated, tested and kept; 0 = none.
	Average float64 `toml:"average" json:"average,omitempty"`

	// Assess chooses the images on which a trained network is measured: "test" (default) or "validation", so that
	// settings can be chosen without looking at test images.
	Assess string `toml:"assess" json:"assess,omitempty"`

	// Select says whose weights are tested and kept: those of the "last" (default) epoch, of the one with the smallest
	// validation "loss", or of the one with the best value of a measure over the pixels of the validation samples, such
	// as "dice" (which is "f1") or "auc".
	Select string `toml:"select" json:"select,omitempty"`
	// Patience ends training after so many epochs without a better one, by what Select names or else by the validation
	// loss; 0 = all epochs are trained.
	Patience int `toml:"patience" json:"patience,omitempty"`
	// Threshold says which images choose the probability from which on a pixel is foreground, as that of the largest
	// F1: "validation" or "training" images; "" = 0.5.
	Threshold string `toml:"threshold" json:"threshold,omitempty"`
	// Temperature says which images choose the temperature that divides logits of one class, as that of the smallest
	// cross-entropy: "validation"; "" = none. The threshold is chosen after it.
	Temperature string `toml:"temperature" json:"temperature,omitempty"`

	// Measures are those that are taken on request, such as "hausdorff95". Order is ignored.
	Measures []string `toml:"measures" json:"measures,omitempty"`
}

// AssessValidation says that a trained network is measured on the validation images of its fold and test images are
// left alone.
const AssessValidation = evaluate.OnValidation

// FreezeEncoder is the part of a network that Training.Freeze may name.
const FreezeEncoder = "encoder"

// Which images may choose a threshold.
const (
	ThresholdValidation = "validation"
	ThresholdTraining   = "training"
)

// TemperatureValidation says that validation images choose the temperature.
const TemperatureValidation = "validation"

// What Select may be besides "", the last epoch, and the ID of a measure.
const (
	SelectLoss = "loss" // the epoch with the smallest validation loss
	selectLast = "last" // ""
	selectDice = "dice" // the measure "f1"
)

// defaults fills in defaults and brings values into canonical form, so that a run's identity does not depend on
// spelling.
func (t *Training) defaults() {
	t.Optimizer = optimizers.Canonical(t.Optimizer) // an explicit default is the same setting
	t.Schedule = schedules.Canonical(t.Schedule)
	if t.Accumulate == 1 {
		t.Accumulate = 0
	}
	if w, err := schedules.ParseWarmup(t.Warmup); err == nil {
		t.Warmup = w.String()
	}
	if t.Loss == "" {
		t.Loss = "bce"
	}
	if sum, err := losses.Parse(t.Loss); err == nil { // an error is reported by Validate
		t.Loss = sum.String()
	}
	if t.InitialGain == 0 {
		// √(1/6): with He's initial weights, short trainings fall behind, see results/reference/README.md
		t.InitialGain = 0.41
	}
	if t.Test == "" {
		t.Test = "whole"
	}
	if t.TTA == TTANone {
		t.TTA = ""
	}
	t.Post = postprocess.Canonical(t.Post)
	if t.Assess == "test" {
		t.Assess = ""
	}
	switch t.Select {
	case selectLast:
		t.Select = "" // as runs of versions without a choice say it
	case selectDice:
		t.Select = measures.F1.ID
	}
	slices.Sort(t.Measures)
}

// EpochsWithin returns the epochs that come closest to the compute budget, at least 1, from the FLOPs of an epoch's
// training steps.
func (t Training) EpochsWithin(epoch float64) int {
	return max(1, int(math.Round(t.ComputeBudget*1e12/epoch)))
}

// maxComputeBudget is a year on the fastest processor of today.
const maxComputeBudget = 1e9

// leastFactor is about the smallest normal float32.
const leastFactor = 1.2e-38

// Validate returns an error for the first invalid value; it begins with the key.
func (t Training) Validate() error {
	leastEpochs := 1
	if t.ComputeBudget != 0 {
		leastEpochs = 0
	}
	for _, c := range []struct {
		key        string
		value, low int
	}{
		{"epochs", t.Epochs, leastEpochs},
		{"batch", t.Batch, 1},
		{"samples", t.Samples, 0},
		{"validation-samples", t.ValidationSamples, 0},
		{"test-images", t.TestImages, 0},
		{"stride", t.Stride, 0},
		{"accumulate", cmp.Or(t.Accumulate, 1), 1},
		{"patience", t.Patience, 0},
	} {
		switch {
		case c.value < c.low:
			return fmt.Errorf("%s = %d: must be at least %d", c.key, c.value, c.low)
		case c.value > math.MaxInt32:
			return fmt.Errorf("%s = %d: must be at most %d", c.key, c.value, math.MaxInt32)
		}
	}
	switch {
	case !(t.ComputeBudget >= 0 && t.ComputeBudget <= maxComputeBudget):
		return fmt.Errorf("compute-budget = %g: must be TFLOP of training, above 0 and at most %g, or left out",
			t.ComputeBudget, maxComputeBudget)
	case t.ComputeBudget > 0 && t.Epochs > 0:
		return fmt.Errorf("compute-budget = %g: the epochs follow from it, but epochs = %d is set too: leave one of "+
			"them out, epochs = 0 in the table of a dataset", t.ComputeBudget, t.Epochs)
	case !(t.LearningRate >= leastFactor && t.LearningRate <= 1):
		return fmt.Errorf("learning-rate = %g: must be above 0 and at most 1; below %g it would be 0 in single "+
			"precision",
			t.LearningRate, leastFactor)
	case !(t.InitialGain >= leastFactor && t.InitialGain <= 10):
		return fmt.Errorf("initial-gain = %g: must be above 0 and at most 10; below %g it would be 0 in single "+
			"precision",
			t.InitialGain, leastFactor)
	case t.WeightDecay != 0 && !(t.WeightDecay >= leastFactor && t.WeightDecay <= 1):
		return fmt.Errorf("weight-decay = %g: must be 0, for none, or up to 1; below %g it would be 0 in single "+
			"precision",
			t.WeightDecay, leastFactor)
	case t.ClipNorm != 0 && !(t.ClipNorm >= leastFactor && t.ClipNorm <= 1e6):
		return fmt.Errorf("clip-norm = %g: must be 0, for none, or from %g to 1e6", t.ClipNorm, leastFactor)
	case t.Freeze != "" && t.Freeze != FreezeEncoder:
		return fmt.Errorf("freeze = %q: must be %q, or left out", t.Freeze, FreezeEncoder)
	case t.Freeze != "" && t.Init == "":
		return fmt.Errorf("freeze = %q: needs init, as an encoder that was never trained would stay so", t.Freeze)
	case !(t.Average >= 0 && t.Average < 1):
		return fmt.Errorf("average = %g: must be 0, for none, or a decay below 1, such as 0.999", t.Average)
	case t.Assess != "" && t.Assess != AssessValidation:
		return fmt.Errorf(`assess = %q: must be "test" or "validation"`, t.Assess)
	case t.Select != "" && t.Select != SelectLoss && t.Selected() == nil:
		return fmt.Errorf("select = %q: must be one of %s: nothing but validation samples can choose an epoch",
			t.Select, strings.Join(selectable(), ", "))
	case t.Threshold != "" && t.Threshold != ThresholdValidation && t.Threshold != ThresholdTraining:
		return fmt.Errorf("threshold = %q: must be %q or %q, the images that choose it: nothing is chosen on test "+
			"images",
			t.Threshold, ThresholdValidation, ThresholdTraining)
	case t.Temperature != "" && t.Temperature != TemperatureValidation:
		return fmt.Errorf("temperature = %q: must be %q, the images that choose it, or left out: nothing is chosen on "+
			"test images", t.Temperature, TemperatureValidation)
	case t.Test != "whole" && t.Test != "patches":
		return fmt.Errorf(`test = %q: must be "whole" or "patches"`, t.Test)
	case t.Test == "patches" && t.Stride < 1:
		return fmt.Errorf(`stride = %d: must be at least 1 where test = "patches"`, t.Stride)
	}
	if _, err := Passes(t.TTA); err != nil {
		return fmt.Errorf("tta = %w", err)
	}
	if steps, err := postprocess.Parse(t.Post); err != nil {
		return fmt.Errorf("post = %w", err)
	} else if steps.Thresholds() && t.Threshold != "" {
		return fmt.Errorf("post = %q: hysteresis has thresholds of its own, and threshold = %q chooses another: leave "+
			"one out", t.Post, t.Threshold)
	}
	if _, err := losses.Parse(t.Loss); err != nil {
		return fmt.Errorf("loss = %w", err)
	}
	if name, optimizer, err := optimizers.Get(t.Optimizer); err != nil {
		return fmt.Errorf("optimizer = %w", err)
	} else if _, adamw := optimizer.(optimizers.AdamW); adamw && t.WeightDecay == 0 {
		return fmt.Errorf(`optimizer = %q: differs from adam by its weight decay, and there is none: set `+
			`weight-decay, which is 0.01 in PyTorch, or take adam`,
			name)
	}
	if err := schedules.Check(t.Schedule, t.LearningRate); err != nil {
		return fmt.Errorf("schedule = %w", err)
	}
	if w, err := schedules.ParseWarmup(t.Warmup); err != nil {
		return fmt.Errorf("warmup = %w", err)
	} else if w.Epochs && w.Count >= t.Epochs && t.ComputeBudget == 0 { // else checked when the epochs are known
		return fmt.Errorf("warmup = %q: must be shorter than the training, epochs = %d", t.Warmup, t.Epochs)
	}
	return checkMeasures(t.Measures)
}

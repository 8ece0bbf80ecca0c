// Package progress shows how far a sweep is: on a terminal a bar for the current run and one for the sweep, elsewhere
// plain lines.
package progress

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"r2unet/internal/cli"
)

// Phase is what a run is doing.
type Phase string

// The phases of a run, in order. Train and Validate alternate.
const (
	Train     Phase = "train"
	Validate  Phase = "validate"
	Calibrate Phase = "temperature" // images that choose the temperature are predicted
	Choose    Phase = "threshold"   // images that choose the threshold are predicted
	Test      Phase = "test"
	Assess    Phase = "assess" // as Test, on validation images
)

// Step is a finished step of training or validation, or a measured image.
type Step struct {
	Phase      Phase
	Number, Of int // from 1, of the phase (in an epoch)
	Samples    int
	Took       time.Duration
}

// Observer receives each step of a run.
type Observer interface {
	Stepped(Step)
}

// Update is the state of the current run.
type Update struct {
	Phase            Phase
	Epoch, Epochs    int           // current epoch, from 1, of all
	Step, Steps      int           // steps done in this phase, of all; images where Phase is Test
	Loss             float64       // mean over the epoch so far
	SamplesPerSecond float64       // of this phase; images per second where Phase is Test
	Fraction         float64       // of the run's work that is done, 0 to 1
	RunLeft          time.Duration // estimated; negative = unknown
	SweepLeft        time.Duration // estimated; negative = unknown
}

// Reporter shows progress. Except Stopping, its methods are called from one goroutine at a time.
type Reporter interface {
	Begin(number, total int, title string) // a run begins, number from 1 to total
	Update(u Update)
	Note(line string) // a permanent line, such as a warning
	End(line string)  // the current run has ended; line says how
	Close()           // the last call
	// Stopping, from any goroutine, says that the sweep was asked to stop. After it no bars are drawn, because a second
	// signal, which ends the program at once, could leave one half drawn.
	Stopping()
}

// stopping is printed when a stop is requested.
const stopping = "stopping: what was trained is being saved; a second signal ends at once, without that"

// New returns bars if w, or the writer behind a cli.Text, is a terminal, otherwise lines, at most one per interval.
func New(w io.Writer, interval time.Duration) Reporter {
	if f, ok := cli.Unwrap(w).(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return newBars(f)
	}
	return &lines{w: w, interval: interval}
}

// describe returns the text of an update: "epoch 2/4 step 120/500 loss 0.2310 152 samples/s, 32s left".
func describe(u Update) string {
	var text string
	switch u.Phase {
	case Train:
		text = fmt.Sprintf("epoch %d/%d step %d/%d loss %.4f %.0f samples/s",
			u.Epoch, u.Epochs, u.Step, u.Steps, u.Loss, u.SamplesPerSecond)
	case Validate:
		text = fmt.Sprintf("epoch %d/%d validating %d/%d", u.Epoch, u.Epochs, u.Step, u.Steps)
	case Calibrate:
		text = fmt.Sprintf("choosing the temperature, image %d/%d", u.Step, u.Steps)
	case Choose:
		text = fmt.Sprintf("choosing the threshold, image %d/%d", u.Step, u.Steps)
	case Test:
		text = fmt.Sprintf("testing image %d/%d", u.Step, u.Steps)
	case Assess:
		text = fmt.Sprintf("measuring validation image %d/%d", u.Step, u.Steps)
	}
	return text + ", " + left(u.RunLeft)
}

// left returns the time left in words.
func left(d time.Duration) string {
	if d < 0 {
		return "time left unknown"
	}
	return d.Round(time.Second).String() + " left"
}

// Package schedules provides the learning-rate schedules, each in a file of its own and found by its name in the TOML
// file, with parameters if it has any: schedule = "cosine(cycles=3, final=1e-5)".
package schedules

import (
	"fmt"
	"math"

	"r2unet/internal/setting"
)

// Position is where a run stands when it asks for a learning rate.
type Position struct {
	Base            float64   // the profile's learning-rate
	Update, Updates int       // updates taken before this one, and of the whole run; both without those of a warm-up
	Epoch, Epochs   int       // epochs finished before this update, and of the whole run
	Validation      []float64 // validation loss of each finished epoch
}

// Done is the fraction of the updates that have been taken, in [0, 1).
func (p Position) Done() float64 { return float64(p.Update) / float64(max(p.Updates, 1)) }

// A Schedule returns the learning rate of an update. It is a function of the position alone, so that there is nothing
// to save: a run that is resumed, or replayed to find what went wrong, gets the same rates.
type Schedule func(Position) float64

// Default is the schedule of the paper.
const Default = "constant"

var registered = setting.NewRegistry[Schedule]("schedule", Default)

// Register registers a schedule under its name in the TOML file, with its parameters, of which build gets the values.
// It is called by init of the schedule's file, and panics if the name is taken.
func Register(name string, build func(setting.Setting) Schedule, parameters ...setting.Parameter) {
	registered.Register(name, build, parameters...)
}

// Names returns the names of the registered schedules in alphabetical order.
func Names() []string { return registered.Names() }

// Parameters returns the parameters of a registered schedule.
func Parameters(name string) []setting.Parameter { return registered.Parameters(name) }

// Get returns the schedule that text describes; "" is the default.
func Get(text string) (Schedule, error) {
	schedule, _, err := registered.Get(text)
	return schedule, err
}

// Check reports what is wrong with a schedule from a base rate: all that Get refuses, and a final rate above it.
func Check(text string, base float64) error {
	_, s, err := registered.Get(text)
	if err != nil {
		return err
	}
	if s.Has("final") && s.Number("final") > base {
		return fmt.Errorf("%s: final=%g is above the rate from which it falls, %g", s.Name, s.Number("final"), base)
	}
	return nil
}

// Canonical returns the text from which a run's identity is computed, as setting.Registry does.
func Canonical(text string) string { return registered.Canonical(text) }

// between returns the rate on half a cosine from one rate to another, at a fraction of the way.
func between(from, to, fraction float64) float64 {
	return to + (from-to)*(1+math.Cos(math.Pi*fraction))/2
}

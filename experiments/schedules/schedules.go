// Package schedules has the learning-rate schedules, each in a file of its own and found by its name in the TOML file: schedule = "cosine".
package schedules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Position is where a run stands when it asks for a learning rate.
type Position struct {
	Base            float64   // the profile's learning-rate
	Update, Updates int       // updates taken before this one, and of the whole run
	Epoch, Epochs   int       // epochs finished before this update, and of the whole run
	Validation      []float64 // validation loss of each finished epoch
}

// Done is the share of the run that lies behind, in [0, 1).
func (p Position) Done() float64 { return float64(p.Update) / float64(max(p.Updates, 1)) }

// A Schedule gives the learning rate of an update. It is a function of the position alone, so that there is nothing to save: a run that is
// resumed, or replayed to find what went wrong, gets the same rates.
type Schedule func(Position) float64

var registered = map[string]Schedule{}

// Register gives a schedule its name in the TOML file. It is called by init of the file that has the schedule, and panics where the name is
// taken.
func Register(name string, s Schedule) {
	if _, taken := registered[name]; taken {
		panic(fmt.Sprintf("schedule %q is registered twice", name))
	}
	registered[name] = s
}

// Names lists the registered schedules in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(registered)) }

// Get finds a schedule by its name; "" is constant.
func Get(name string) (Schedule, error) {
	if name == "" {
		name = "constant"
	}
	if s := registered[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("%q: unknown, expected one of %s", name, strings.Join(Names(), ", "))
}

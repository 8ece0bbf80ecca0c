package matrix

import "fmt"

// What Training.TTA may be. TTANone is "" in a run's configuration.
const (
	TTANone  = "none"
	TTAFlips = "flips" // the image and its mirror images: left–right, up–down, both
	TTAD4    = "d4"    // also each of them with rows and columns exchanged
)

// Passes returns how many predictions of an image a value of Training.TTA averages, or an error that begins with it.
func Passes(tta string) (int, error) {
	switch tta {
	case "", TTANone:
		return 1, nil
	case TTAFlips:
		return 4, nil
	case TTAD4:
		return 8, nil
	}
	return 0, fmt.Errorf(`%q: must be %q, %q or %q`, tta, TTAFlips, TTAD4, TTANone)
}

// Tested lists the settings that change the predictions of a trained network when it is tested, and are not at their
// defaults, for rows of tables.
func (t Training) Tested() []Setting {
	var all []Setting
	for _, s := range []Setting{{"tta", t.TTA}, {"post", t.Post}} {
		if s.Value != "" {
			all = append(all, s)
		}
	}
	return all
}

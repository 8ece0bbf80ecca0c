// Package postprocess turns probabilities into masks, and tidies masks up, by steps that are named in settings:
//
//	post = "hysteresis(low=0.3,high=0.5) + min-size(30) + fill-holes"
//
// Steps are applied in order. All are of connected pixels: of foreground, those that share an edge or a corner
// (neighbours=8) unless a step says neighbours=4; of holes, those that share an edge, unless it says neighbours=8.
package postprocess

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"r2unet/internal/setting"
)

// None stands for no steps where nothing stands for something else.
const None = "none"

// Steps are applied to masks in order. The zero value changes nothing.
type Steps struct {
	steps []Step
	text  string // canonical
}

// Step changes the mask of one class, of zeros and ones, row-major.
type Step func(m *Mask)

// Mask is the mask of one class in a picture.
type Mask struct {
	Width, Height int // px
	Pixels        []uint8
	// Probabilities of the class, below 0 outside the field of view; nil if the mask is of one of several classes.
	Probabilities []float32
}

// registry holds the steps by their names. A step whose first parameter may be written without its key has it in alone.
var (
	registry = setting.NewRegistry[Step]("step of post-processing", "")
	alone    = map[string]string{}
)

func register(name string, build func(setting.Setting) Step, parameters ...setting.Parameter) {
	registry.Register(name, build, parameters...)
	if len(parameters) > 0 {
		alone[name] = parameters[0].Key
	}
}

const thresholding = "hysteresis"

// Parse parses the steps of a text; "" and "none" are none.
func Parse(text string) (Steps, error) {
	var s Steps
	if text = strings.TrimSpace(text); text == "" || text == None {
		return s, nil
	}
	var texts []string
	for i, part := range setting.Split(text, '+') {
		if strings.TrimSpace(part) == "" {
			return Steps{}, fmt.Errorf("%q: a step is missing beside a +", text)
		}
		step, found, err := registry.Get(keyed(part))
		switch {
		case err != nil:
			return Steps{}, err
		case found.Name == thresholding && i > 0:
			return Steps{}, fmt.Errorf("%q: hysteresis makes the mask, so it must be the first step", text)
		case found.Name == thresholding && found.Number("low") > found.Number("high"):
			return Steps{}, fmt.Errorf("%s: low must be at most high", found)
		}
		s.steps = append(s.steps, step)
		texts = append(texts, found.String())
	}
	s.text = strings.Join(texts, " + ")
	return s, nil
}

var single = regexp.MustCompile(`^\s*([a-z0-9-]+)\(([^=(),]+)\)\s*$`)

// keyed adds the key to the only parameter of a step: min-size(30) is min-size(px=30). Of an unknown step it leaves the
// name, which is then what is wrong.
func keyed(part string) string {
	switch m := single.FindStringSubmatch(part); {
	case m == nil:
		return part
	case alone[m[1]] != "":
		return fmt.Sprintf("%s(%s=%s)", m[1], alone[m[1]], m[2])
	case !slices.Contains(Names(), m[1]):
		return m[1]
	}
	return part
}

// Names returns the names of the steps in alphabetical order.
func Names() []string { return registry.Names() }

// Canonical returns the text from which a run's identity is computed: "" for no steps, parameters that have their
// defaults left out. It leaves a text that Parse refuses as it is.
func Canonical(text string) string {
	s, err := Parse(text)
	if err != nil {
		return text
	}
	return s.text
}

// String returns the canonical text.
func (s Steps) String() string { return s.text }

// Thresholds reports whether the steps have thresholds of their own, so that another one has no effect.
func (s Steps) Thresholds() bool { return strings.HasPrefix(s.text, thresholding) }

// Check returns an error if the steps cannot be applied to a network that tells several foreground classes apart.
func (s Steps) Check(several bool) error {
	if several && s.Thresholds() {
		return errors.New("hysteresis is of the probability of one class, and of several the most probable one is " +
			"taken: leave it out")
	}
	return nil
}

// One returns the mask of one class after the steps, of zeros and ones, row-major. A nil field of view is the whole
// picture; outside of it, the mask is 0.
func (s Steps) One(mask []uint8, probabilities []float32, fov []uint8, width, height int) []uint8 {
	if len(s.steps) == 0 {
		return mask
	}
	m := &Mask{Width: width, Height: height, Pixels: make([]uint8, len(mask)), Probabilities: probabilities}
	copy(m.Pixels, mask)
	if fov != nil {
		m.Probabilities = make([]float32, len(probabilities))
		for i, v := range fov {
			if v != 0 {
				m.Probabilities[i] = probabilities[i]
			} else {
				m.Probabilities[i], m.Pixels[i] = -1, 0
			}
		}
	}
	for _, step := range s.steps {
		step(m)
		for i, v := range fov {
			if v == 0 {
				m.Pixels[i] = 0
			}
		}
	}
	return m.Pixels
}

// Several returns the classes [H, W], 0 for background, after the steps, which are applied to each class from 1 up.
// What a step takes from a class becomes background, and it gives a class nothing but background.
func (s Steps) Several(classes, fov []uint8, width, height int) []uint8 {
	if len(s.steps) == 0 {
		return classes
	}
	out, most := make([]uint8, len(classes)), uint8(0)
	for i, c := range classes {
		if fov == nil || fov[i] != 0 {
			out[i] = c
			most = max(most, c)
		}
	}
	m := &Mask{Width: width, Height: height, Pixels: make([]uint8, len(classes))}
	for _, step := range s.steps {
		for class := uint8(1); class <= most && class != 0; class++ {
			for i, c := range out {
				m.Pixels[i] = 0
				if c == class {
					m.Pixels[i] = 1
				}
			}
			step(m)
			for i, v := range m.Pixels {
				inside := fov == nil || fov[i] != 0
				switch {
				case out[i] == class && v == 0:
					out[i] = 0
				case out[i] == 0 && v != 0 && inside:
					out[i] = class
				}
			}
		}
	}
	return out
}

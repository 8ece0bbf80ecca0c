package datasets

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"r2unet/datasets/raster"
)

// NoClass is the truth of a pixel that counts nowhere, neither in training nor in a measure.
const NoClass = raster.NoClass

// mostClasses bounds the classes of a dataset, background included.
const mostClasses = 64

// Class is a class of pixels, and what stands for it in labels.
type Class struct {
	Name  string `json:"name"`
	Value Level  `json:"value"`
}

// Classes are the classes of a dataset's labels, the background first. In the TOML file they are names,
// classes = ["background", "disc", "cup"], whose values in labels are 0, 1, 2, or tables, classes =
// [{name = "background", value = 0}, {name = "disc", color = "#00ff00"}].
type Classes []Class

// Level is a value in labels: a number, or a colour as "#ff0000"; "" = none. In the TOML file it is an integer or a
// text.
type Level string

// UnmarshalTOML reads a number or a colour.
func (l *Level) UnmarshalTOML(v any) error {
	switch v := v.(type) {
	case int64:
		*l = Level(strconv.FormatInt(v, 10))
	case string:
		*l = Level(strings.ToLower(v))
	default:
		return fmt.Errorf(`expected a number or a color such as "#ff0000", not %v`, v)
	}
	return l.check()
}

// check returns an error for a text that is neither a number from 0 to 65535 nor a colour.
func (l Level) check() error {
	_, err := l.Raster()
	return err
}

// Raster returns the level as pictures are compared with it.
func (l Level) Raster() (raster.Level, error) {
	if digits, ok := strings.CutPrefix(string(l), "#"); ok {
		rgb, err := hex.DecodeString(digits)
		if err != nil || len(rgb) != 3 {
			return raster.Level{}, fmt.Errorf(`%q is no color: expected six digits such as "#ff0000"`, string(l))
		}
		return raster.RGB(rgb[0], rgb[1], rgb[2]), nil
	}
	v, err := strconv.ParseUint(string(l), 10, 16)
	if err != nil {
		return raster.Level{}, fmt.Errorf("%q is no value: expected a number from 0 to 65535 or a color such as "+
			`"#ff0000"`, string(l))
	}
	return raster.Grey(float64(v)), nil
}

// Colour returns the colour that the level is, if it is one.
func (l Level) Colour() (r, g, b uint8, ok bool) {
	level, err := l.Raster()
	return level.Red, level.Green, level.Blue, err == nil && level.Colour
}

// same reports whether both stand for the same pixels: 255 is white, #ffffff.
func (l Level) same(other Level) bool {
	a, errA := l.Raster()
	b, errB := other.Raster()
	if errA != nil || errB != nil || a.Colour == b.Colour {
		return a == b
	}
	if b.Colour {
		a, b = b, a
	}
	return a.Red == a.Green && a.Green == a.Blue && float64(a.Red) == b.Grey
}

// UnmarshalTOML reads a list of names or of tables.
func (c *Classes) UnmarshalTOML(v any) error {
	list, ok := v.([]any)
	if tables, yes := v.([]map[string]any); yes {
		for _, t := range tables {
			list = append(list, t)
		}
		ok = true
	}
	if !ok {
		return fmt.Errorf(`expected a list such as ["background", "disc", "cup"], not %v`, v)
	}
	*c = nil
	for i, item := range list {
		class := Class{Value: Level(strconv.Itoa(i))}
		switch item := item.(type) {
		case string:
			class.Name = item
		case map[string]any:
			if err := class.read(item); err != nil {
				return fmt.Errorf("class %d: %w", i, err)
			}
		default:
			return fmt.Errorf(`class %d: expected a name or a table such as {name = "disc", value = 1}, not %v`,
				i, item)
		}
		*c = append(*c, class)
	}
	return nil
}

// read fills in a class from a table: its name, and its value or color.
func (c *Class) read(table map[string]any) error {
	found := 0
	for key, v := range table {
		switch key {
		case "name":
			name, ok := v.(string)
			if !ok {
				return fmt.Errorf("name = %v: expected a text", v)
			}
			c.Name = name
		case "value", "color":
			if err := c.Value.UnmarshalTOML(v); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			if strings.HasPrefix(string(c.Value), "#") != (key == "color") {
				return fmt.Errorf(`%s = %v: expected value = 1 or color = "#ff0000"`, key, v)
			}
			found++
		default:
			return fmt.Errorf("unknown key %q: expected name, and value or color", key)
		}
	}
	if found != 1 {
		return fmt.Errorf("%q: expected either value or color", c.Name)
	}
	return nil
}

// Names lists the names of the classes.
func (c Classes) Names() []string {
	var names []string
	for _, class := range c {
		names = append(names, class.Name)
	}
	return names
}

// Indices writes the classes with their places, as pictures of classes have them, for messages.
func (c Classes) Indices() string {
	var texts []string
	for i, class := range c {
		texts = append(texts, fmt.Sprintf("%d %s", i, class.Name))
	}
	return strings.Join(texts, ", ")
}

// String writes the classes with their values, for messages.
func (c Classes) String() string {
	var texts []string
	for _, class := range c {
		texts = append(texts, fmt.Sprintf("%s (%s)", class.Value, class.Name))
	}
	return strings.Join(texts, ", ")
}

// unseen says which classes occur in no label.
func (c Classes) unseen(labels []LabelFacts) (warnings []string) {
	seen := uint64(0)
	for _, l := range labels {
		seen |= l.Seen
	}
	for i, class := range c {
		if seen&(1<<i) == 0 {
			warnings = append(warnings, fmt.Sprintf("%s (%s) is in none of the %d labels; no network can learn it",
				class.Name, class.Value, len(labels)))
		}
	}
	return warnings
}

// checkClasses names the first key of classes whose value is impossible.
func (c Config) checkClasses() error {
	if len(c.Classes) == 0 {
		if c.Ignore != "" {
			return fmt.Errorf("ignore = %s: goes with classes only", c.Ignore)
		}
		return nil
	}
	if n := len(c.Classes); n < 2 || n > mostClasses {
		return fmt.Errorf("classes: there are %d: must be 2 to %d, the background first", n, mostClasses)
	}
	for i, class := range c.Classes {
		if err := checkClassName(class.Name); err != nil {
			return fmt.Errorf("classes: class %d: %w", i, err)
		}
		if err := class.Value.check(); err != nil {
			return fmt.Errorf("classes: %s: %w", class.Name, err)
		}
		for _, other := range c.Classes[:i] {
			switch {
			case strings.EqualFold(other.Name, class.Name):
				return fmt.Errorf("classes: %q occurs twice", class.Name)
			case other.Value.same(class.Value):
				return fmt.Errorf("classes: %s and %s both have the value %s", other.Name, class.Name, class.Value)
			}
		}
		if c.Ignore != "" && c.Ignore.same(class.Value) {
			return fmt.Errorf("ignore = %s: is the value of %s", c.Ignore, class.Name)
		}
	}
	if c.Ignore != "" {
		if err := c.Ignore.check(); err != nil {
			return fmt.Errorf("ignore: %w", err)
		}
	}
	if c.LabelThreshold != 0 {
		return fmt.Errorf("label-threshold = %g: does not go with classes, whose values labels have exactly",
			c.LabelThreshold)
	}
	return nil
}

// checkClassName refuses names that tables and CSV files could not show.
func checkClassName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("name: is empty")
	case len(name) > 40:
		return fmt.Errorf("name = %q: has %d bytes, at most 40 are allowed", name, len(name))
	case strings.TrimSpace(name) != name || strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -_.()+", r)
	}):
		return fmt.Errorf("name = %q: must consist of letters, digits, spaces and -_.()+", name)
	case slices.Contains([]string{"mean", "all"}, strings.ToLower(name)):
		return fmt.Errorf("name = %q: tables call the mean of all classes so", name)
	}
	return nil
}

// key identifies how labels become classes, for the cache; "" without classes.
func (c Config) classKey() string {
	if len(c.Classes) == 0 {
		return ""
	}
	var levels []Level
	for _, class := range c.Classes {
		levels = append(levels, class.Value)
	}
	text, _ := json.Marshal(append(levels, c.Ignore)) // of texts
	return "classes " + string(text)
}

// classesOf reads the class of each pixel of a label.
func (c Config) classesOf(m *raster.Image) ([]uint8, error) {
	levels := make([]raster.Level, len(c.Classes))
	var err error
	for i, class := range c.Classes {
		if levels[i], err = class.Value.Raster(); err != nil {
			return nil, err
		}
	}
	var ignored *raster.Level
	text := c.Classes.String()
	if c.Ignore != "" {
		l, err := c.Ignore.Raster()
		if err != nil {
			return nil, err
		}
		ignored = &l
		text += fmt.Sprintf(", and %s is ignored", c.Ignore)
	}
	classes, err := m.Classes(levels, ignored)
	if err != nil {
		return nil, fmt.Errorf("%w; there are %s", err, text)
	}
	return classes, nil
}

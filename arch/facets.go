package arch

import (
	"fmt"
	"strconv"
	"strings"
)

// A Facet is one setting of a network. Everything that names or distinguishes networks uses Config.Facets: titles and
// folders of runs, -only, records, tables and figures.
type Facet struct {
	// Key of the setting in the TOML file.
	Key string
	// Value of the setting in the form that -only takes.
	Value string
	// Text is the setting's text in tables; empty if they omit it.
	Text string
	// In is the kind of names that contain the text.
	In Naming
	// Default facets are absent from names, records and tables.
	Default bool
}

// Naming is where a facet's text appears.
type Naming string

// A facet's text is in the setting of a table's row; or also in the names of runs and their folders; or in the
// network's name, and then not in its setting.
const (
	InSetting Naming = ""
	InTitle   Naming = "title"
	InName    Naming = "name"
)

// Facets returns the settings of a network except its name, in the order of tables. A new setting needs a line here,
// and appears everywhere without further edits. It expects defaults to be filled in.
func (c Config) Facets() []Facet {
	weights, norm := string(c.Weights), string(c.Norm)
	channels := strings.Trim(strings.ReplaceAll(fmt.Sprint(c.Channels), " ", "-"), "[]")
	return []Facet{
		{Key: "block", Value: c.Block}, // part of the network's name
		{Key: "t", Value: strconv.Itoa(c.T), Text: fmt.Sprintf("t=%d", c.T), In: InName, Default: c.T == 0},
		{Key: "weights", Value: weights, Text: weights, In: InTitle, Default: weights == ""},
		{Key: "norm", Value: norm, Text: norm},
		{Key: "channels", Value: channels, Text: strings.ReplaceAll(channels, "-", "–")},
		setting("skip", c.skip(), "plain"),
		setting("style", c.style(), "unet"),
		setting("activation", c.activation(), "relu"),
		setting("order", c.order(), NormFirst),
		setting("up", c.up(), "transposed"),
		setting("down", c.down(), "max"),
		setting("dropout", c.dropout(), "none"),
		setting("deep-supervision", strconv.FormatBool(c.DeepSupervision), "false"),
	}
}

// setting returns the facet of a setting that tables name by its key unless it has its default.
func setting(key, value, otherwise string) Facet {
	return Facet{Key: key, Value: value, Text: key + " " + value, Default: value == otherwise}
}

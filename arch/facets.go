package arch

import (
	"fmt"
	"strconv"
	"strings"
)

// A Facet is one setting of a network. Whatever names networks or tells them apart goes through Config.Facets: titles
// and folders of runs, -only, records, tables and figures.
type Facet struct {
	// Key of the setting in the TOML file.
	Key string
	// Value of the setting as -only takes it.
	Value string
	// Text is what tables say of it; empty where they do not.
	Text string
	// In says which names have it.
	In Naming
	// Default facets are absent from names, records and tables.
	Default bool
}

// Naming says where a facet's text stands.
type Naming string

// A facet's text stands in the setting of a table's row; or it is a part of what runs and their folders are called,
// too; or it is a part of the network's name, and then not of its setting.
const (
	InSetting Naming = ""
	InTitle   Naming = "title"
	InName    Naming = "name"
)

// Facets lists the settings of a network but its name, in the order of tables. A new setting needs a line here, and
// no other edit to be told of. It expects defaults to be filled in.
func (c Config) Facets() []Facet {
	weights, norm := string(c.Weights), string(c.Norm)
	channels := strings.Trim(strings.ReplaceAll(fmt.Sprint(c.Channels), " ", "-"), "[]")
	return []Facet{
		{Key: "block", Value: c.Block}, // which a network's name says
		{Key: "t", Value: strconv.Itoa(c.T), Text: fmt.Sprintf("t=%d", c.T), In: InName, Default: c.T == 0},
		{Key: "weights", Value: weights, Text: weights, In: InTitle, Default: weights == ""},
		{Key: "norm", Value: norm, Text: norm},
		{Key: "channels", Value: channels, Text: strings.ReplaceAll(channels, "-", "–")},
		setting("skip", c.skip(), "plain"),
		setting("style", c.style(), "unet"),
	}
}

// setting is the facet of a setting that tables tell by its key, where it has not its default.
func setting(key, value, otherwise string) Facet {
	return Facet{Key: key, Value: value, Text: key + " " + value, Default: value == otherwise}
}

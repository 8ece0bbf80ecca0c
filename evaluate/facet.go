package evaluate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Facet is one setting of a network that differs from its default, or one of its training that a grid varies.
type Facet struct {
	Key   string `json:"key"`            // in the TOML file, e.g. "weights"
	Value string `json:"value"`          // e.g. "shared"
	Text  string `json:"text,omitempty"` // how tables show it; empty if they do not
	In    string `json:"in,omitempty"`   // InName, InTitle, InTraining, or empty
}

// Values of Facet.In, which say where a facet's text appears: InName in the network's name, InTitle in its
// setting and in names of runs, InTraining there too, for settings of training. If In is empty, the text appears in
// the setting only.
const (
	InName     = "name"
	InTitle    = "title"
	InTraining = "training"
)

// UnmarshalJSON reads a facet and refuses one without a key, so that decoding a hostile list stops at its
// first element.
func (f *Facet) UnmarshalJSON(data []byte) error {
	type plain Facet
	if err := json.Unmarshal(data, (*plain)(f)); err != nil {
		return fmt.Errorf("read a facet: %w", err)
	}
	if f.Key == "" {
		return errors.New("read a facet: it has no key")
	}
	return nil
}

// A Network describes a network by the settings that records of earlier versions have fields for.
type Network struct {
	Block    string `json:"block"`    // forward, residual, recurrent or recurrent-residual
	T        int    `json:"t"`        // recurrent steps; 0 without recurrence
	Weights  string `json:"weights"`  // shared, per-step or tied; empty without recurrence
	Norm     string `json:"norm"`     // batch or none
	Channels []int  `json:"channels"` // of each level
	Skip     string `json:"skip"`     // kind of skip connection; empty for plain
	Style    string `json:"style"`    // style of the network; empty for unet
}

// Facets lists the settings that are set, as arch.Config.Facets does.
func (n Network) Facets() []Facet {
	var all []Facet
	add := func(key, value, text, in string) {
		if value != "" {
			all = append(all, Facet{key, value, text, in})
		}
	}
	add("block", n.Block, "", "")
	if n.T > 0 {
		add("t", strconv.Itoa(n.T), fmt.Sprintf("t=%d", n.T), InName)
	}
	channels := strings.Trim(strings.ReplaceAll(fmt.Sprint(n.Channels), " ", "-"), "[]")
	add("weights", n.Weights, n.Weights, InTitle)
	add("norm", n.Norm, n.Norm, "")
	add("channels", channels, strings.ReplaceAll(channels, "-", "–"), "")
	add("skip", n.Skip, "skip "+n.Skip, "")
	add("style", n.Style, "style "+n.Style, "")
	return all
}

// UnmarshalJSON reads a result; records of earlier versions have a field for each facet.
func (r *Result) UnmarshalJSON(data []byte) error {
	type plain Result
	read := struct {
		plain
		Network
	}{plain: plain(*r)}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*r = Result(read.plain)
	if len(r.Facets) == 0 {
		r.Facets = read.Network.Facets()
	}
	return nil
}

// Facet returns the value of a setting of the network, or "" if it is at its default.
func (r *Result) Facet(key string) string {
	for _, f := range r.Facets {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// steps returns the number of recurrent steps, 0 without recurrence.
func (r *Result) steps() int {
	n, err := strconv.Atoi(r.Facet("t"))
	if err != nil {
		return 0
	}
	return n
}

// texts lists the texts of the chosen facets, as tables show them.
func (r *Result) texts(choose func(Facet) bool) []string {
	var all []string
	for _, f := range r.Facets {
		if f.Text != "" && choose(f) {
			all = append(all, f.Text)
		}
	}
	return all
}

func inName(f Facet) bool  { return f.In == InName }
func inTitle(f Facet) bool { return f.In == InTitle || f.In == InTraining }

// compareFacets orders by the values of the chosen facets, numbers by size; fewer facets come first.
func compareFacets(a, b []Facet, choose func(Facet) bool) int {
	next := func(list []Facet) []Facet {
		for len(list) > 0 && !choose(list[0]) {
			list = list[1:]
		}
		return list
	}
	for {
		a, b = next(a), next(b)
		if len(a) == 0 || len(b) == 0 {
			return cmp.Compare(len(a), len(b))
		}
		if c := cmp.Or(strings.Compare(a[0].Key, b[0].Key), compareNatural(a[0].Value, b[0].Value)); c != 0 {
			return c
		}
		a, b = a[1:], b[1:]
	}
}

// compareNatural orders strings with numbers in them by the numbers: "4-8" before "4-16".
func compareNatural(a, b string) int {
	x, notX := strconv.ParseFloat(a, 64)
	y, notY := strconv.ParseFloat(b, 64)
	if notX == nil && notY == nil && x != y { // 1e-05 before 0.0001
		return cmp.Compare(x, y)
	}
	for a != b && a != "" && b != "" {
		x, y := leadingNumber(a), leadingNumber(b)
		switch {
		case x != "" && y != "":
			x0, y0 := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Or(cmp.Compare(len(x0), len(y0)), strings.Compare(x0, y0),
				cmp.Compare(len(x), len(y))); c != 0 {
				return c
			}
			a, b = a[len(x):], b[len(y):]
		case a[0] != b[0]:
			return cmp.Compare(a[0], b[0])
		default:
			a, b = a[1:], b[1:]
		}
	}
	return cmp.Compare(len(a), len(b))
}

// leadingNumber returns the digits that a string begins with.
func leadingNumber(s string) string { return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))] }

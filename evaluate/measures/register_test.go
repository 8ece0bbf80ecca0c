package measures

import (
	"fmt"
	"strings"
	"testing"
)

// TestWhatTablesCannotTellApartIsRefused: taken names and IDs, and what is no key of run.json and CSV.
func TestWhatTablesCannotTellApartIsRefused(t *testing.T) {
	for want, m := range map[string]Measure{
		"registered twice":               {ID: "f1", Name: "Another"},
		"another measure has this name":  {ID: "f1b", Name: "F1"},
		"an ID has lower-case letters":   {ID: "my measure,\"x", Name: "Mine"},
		"and a unit no space":            {ID: "mine", Name: "Mine", Unit: "mm, px"},
		"a name is one line":             {ID: "mine", Name: "Mi\nne"},
		"it needs an ID and a name":      {ID: "mine"},
		"has the name of a count":        {ID: "tp", Name: "TP"},
		`named "F1": another measure`:    {ID: "f2", Name: "F1"},
		`measure "My", with unit "":`:    {ID: "My", Name: "Mine"},
		`measure "ab", with unit "a b":`: {ID: "ab", Name: "Mine", Unit: "a b"},
	} {
		m.Pixel = func(_, _ float64) float64 { return 0 }
		func() {
			defer func() {
				if said := fmt.Sprint(recover()); !strings.Contains(said, want) {
					t.Errorf("%q, named %q: %s; want %s", m.ID, m.Name, said, want)
				}
			}()
			Register(m)
		}()
	}
}

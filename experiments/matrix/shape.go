package matrix

import (
	"errors"
	"fmt"
	"slices"

	"github.com/BurntSushi/toml"
)

// Types of values, as toml.MetaData names them.
const (
	table     = "Hash"
	tableList = "ArrayHash"
	list      = "Array"
)

// shape rejects values where tables are expected, tables where lists of tables are, and the other way round. The TOML
// library takes some of them for nothing, and names Go types for others.
func (d decoder) shape() error {
	var errs []error
	reported := map[string]bool{}
	for _, key := range d.meta.Keys() {
		if len(key) > 4 || len(key) > 1 && key[0] != "profile" {
			continue
		}
		if what := misshapen(key, d.meta.Type(key...)); what != "" && !reported[key.String()] {
			reported[key.String()] = true
			errs = append(errs, fmt.Errorf("%s:%d: %s: %s", d.path, d.firstLine(key), key, what))
		}
	}
	return errors.Join(errs...)
}

// misshapen says what is wrong with the type of a key's value; "" if nothing is. A type that is not known is that of a
// table of which only tables inside are written.
func misshapen(key toml.Key, kind string) string {
	last := key[len(key)-1]
	switch {
	case kind == "":
		return ""
	case len(key) == 1 && slices.Contains([]string{"architecture", "dataset", "experiment"}, last):
		switch kind {
		case table:
			return fmt.Sprintf("write [[%s]], in two pairs of brackets, as a file has any number of them", last)
		case tableList, list:
			return ""
		}
		return fmt.Sprintf("must be tables [[%s]], and is %s", last, kindOf(kind))
	case key[0] != "profile", kind == table:
		return ""
	case len(key) == 1:
		return fmt.Sprintf("write [profile.NAME], a table with a name, not %s", kindOf(kind))
	case len(key) == 2 && kind == tableList:
		return fmt.Sprintf("write [%s], in one pair of brackets: a profile is one table", key)
	case len(key) == 2:
		return "is no table: a profile has a name, so write [profile.NAME] above its keys"
	case len(key) == 3 && last == "dataset":
		return fmt.Sprintf("must be tables [%s.NAME], which set keys differently for one dataset, and is %s; which "+
			"datasets a profile runs on say its experiments: datasets in [[experiment]], or -only on the command line",
			key, kindOf(kind))
	case len(key) == 3 && (last == "augment" || last == "search"), len(key) == 4 && key[2] == "dataset":
		return fmt.Sprintf("must be a table [%s], and is %s", key, kindOf(kind))
	}
	return ""
}

// kindOf says a type in words of TOML.
func kindOf(kind string) string {
	switch kind {
	case "String":
		return "text in quotes"
	case "Integer", "Float":
		return "a number"
	case "Bool":
		return "true or false"
	case table:
		return "a table"
	case list:
		return "a list"
	case tableList:
		return "a list of tables"
	}
	return "a date"
}

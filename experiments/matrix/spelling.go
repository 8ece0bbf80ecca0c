package matrix

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/datasets/augment"

	"github.com/BurntSushi/toml"
)

// spelling rejects keys that differ from a known one in case only. The TOML library would accept them, and if both were
// written, chance would decide which counts. Names of profiles and datasets are the user's own.
func (d decoder) spelling() error {
	var errs []error
	seen := map[string]bool{}
	written := d.linesByKey()
	for _, key := range d.meta.Keys() {
		for n := 1; n <= len(key); n++ { // [profile.quick] also spells "profile"
			if !otherwise.MatchString(key[n-1]) {
				continue
			}
			if part := key[:n]; !seen[part.String()] {
				seen[part.String()] = true
				errs = append(errs, d.spelled(part, written))
			}
		}
	}
	return errors.Join(errs...)
}

// otherwise matches characters that no known key has.
var otherwise = regexp.MustCompile(`[^a-z-]`)

// spelled is spelling for one key.
func (d decoder) spelled(key toml.Key, written map[string][]int) error {
	table, last := key[:len(key)-1], key[len(key)-1]
	known := knownKeys(table)
	i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, last) })
	if i < 0 || slices.Contains(known, last) {
		return nil
	}
	for _, line := range linesOf(key, written) {
		for place, at := range d.lines {
			other, twice := d.lines[strings.TrimSuffix(place, last)+known[i]]
			if twice && at == line && strings.HasSuffix(place, "."+last) {
				return fmt.Errorf("%s:%d: key %q is %q of line %d a second time: remove one of the two",
					d.path, line, key.String(), known[i], other)
			}
		}
	}
	return fmt.Errorf("%s:%d: unknown key %q; did you mean %q? Keys are written in lower case",
		d.path, d.firstLine(key), key.String(), known[i])
}

// firstLine returns the first line of a key or of anything in the table it names.
func (d decoder) firstLine(key toml.Key) int {
	first := 0
	for place, line := range d.lines {
		path := tableIndex.ReplaceAllString(place, "")
		if (path == key.String() || strings.HasPrefix(path, key.String()+".")) && (first == 0 || line < first) {
			first = line
		}
	}
	if first == 0 {
		first = linesOf(key, d.linesByKey())[0]
	}
	return first
}

// knownKeys lists the keys that the table at a path may have.
func knownKeys(table toml.Key) []string {
	keysOf := func(v any) []string { return tomlKeys(reflect.TypeOf(v)) }
	switch {
	case len(table) == 0:
		return []string{"architecture", "dataset", "profile", "experiment"}
	case table[0] == "architecture" && len(table) == 1:
		return keysOf(arch.Config{})
	case table[0] == "dataset":
		return keysWithin(reflect.TypeFor[datasets.Config](), table[1:])
	case table[0] == "experiment" && len(table) == 1:
		return keysOf(Experiment{})
	case table[0] == "profile" && len(table) == 2:
		return keysOf(Profile{})
	case table[0] == "profile" && len(table) == 3 && table[2] == "augment":
		return keysOf(augment.Config{})
	case table[0] == "profile" && len(table) == 3 && table[2] == "search":
		return keysOf(Search{})
	case table[0] == "profile" && len(table) >= 4 && table[2] == "dataset":
		return keysWithin(reflect.TypeFor[override](), table[4:])
	}
	return nil
}

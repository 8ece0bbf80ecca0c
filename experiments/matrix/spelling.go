package matrix

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// spelling refuses keys that differ from a known one in upper and lower case only. The TOML library would take them for it, and where
// both are written chance would decide which counts. The names of profiles and datasets are the user's own.
func (d decoder) spelling() error {
	var errs []error
	seen := map[string]bool{}
	written := d.linesByKey()
	for _, key := range d.meta.Keys() {
		for n := 1; n <= len(key); n++ { // [profile.quick] is also where "profile" is written
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

// otherwise finds what no known key is written with.
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
			if other, twice := d.lines[strings.TrimSuffix(place, last)+known[i]]; twice && at == line && strings.HasSuffix(place, "."+last) {
				return fmt.Errorf("%s:%d: key %q is %q of line %d a second time: take one of the two out", d.path, line, key.String(), known[i], other)
			}
		}
	}
	return fmt.Errorf("%s:%d: unknown key %q; did you mean %q? Keys are written in lower case", d.path, d.firstLine(key), key.String(), known[i])
}

// firstLine is the first line at which a key, or something in the table that it names, is written.
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

package matrix

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

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

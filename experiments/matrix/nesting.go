package matrix

import (
	"fmt"
	"strings"
)

// maxNesting is how many tables a key may lie in. The deepest setting, profile.NAME.dataset.DATASET.augment.flip, lies in five.
const maxNesting = 10

// checkNesting refuses a text whose keys, inline tables or arrays nest deeper than any matrix needs. The TOML library keeps with every
// key the keys above it, so that 32,000 letters with dots between them would cost ten gigabytes. Strings and comments are skipped; what
// is no TOML is left to the library.
func checkNesting(path, text string) error {
	line, depth, above := 1, 0, []int{0} // above: the depth at which each open bracket's content begins
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\n':
			line++
			depth = above[len(above)-1]
		case ',':
			depth = above[len(above)-1]
		case '#':
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return nil
			}
			i += end - 1
		case '"', '\'':
			length := stringLength(text[i:])
			line += strings.Count(text[i:i+length], "\n")
			i += length - 1
		case '.':
			depth++
		case '[', '{':
			depth++
			above = append(above, depth)
		case ']', '}':
			if len(above) > 1 {
				above = above[:len(above)-1]
			}
		}
		if depth > maxNesting {
			return fmt.Errorf("%s:%d: keys and brackets nest deeper than %d levels; no setting of a matrix does", path, line, maxNesting)
		}
	}
	return nil
}

// stringLength is the number of bytes of the TOML string that a text begins with, quotes included; one that is not closed ends with its
// line, or with the text where it may have several lines.
func stringLength(text string) int {
	quote, ends := text[:1], "\n"
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(text, triple) {
		quote, ends = triple, ""
	}
	for i := len(quote); i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote[0] == '"':
			i++
		case strings.HasPrefix(text[i:], quote):
			return i + len(quote)
		case ends != "" && text[i] == '\n':
			return i
		}
	}
	return len(text)
}

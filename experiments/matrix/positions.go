package matrix

import (
	"fmt"
	"strings"
)

// maxNesting limits how deeply keys may nest. The deepest setting, profile.NAME.dataset.DATASET.augment.flip, is at
// five.
const maxNesting = 10

// positions maps the path of every table and key to its line number, from 1: "dataset[2]", "dataset[2].size",
// "profile.quick.epochs". The TOML library keeps only the last position of a key that occurs in several [[tables]].
// Keys inside inline tables have no entry.
type positions struct {
	lines  map[string]int
	counts map[string]int // tables seen of each [[name]]
	table  string         // path of the last one
}

// indexLines finds the positions in a text, and rejects keys, inline tables or arrays that nest deeper than any matrix
// needs: the TOML library stores with every key its parents, so that 32,000 letters separated by dots would take ten
// gigabytes. Invalid TOML is left to the library.
func indexLines(path, text string) (map[string]int, error) {
	p := positions{lines: map[string]int{}, counts: map[string]int{}}
	line, depth, above := 1, 0, []int{0} // above: depth of the contents of each open bracket
	start, found := 0, false             // start of a statement, and whether its key or header was found
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\n':
			if len(above) == 1 {
				start, found = i+1, false
			}
			line++
			depth = above[len(above)-1]
		case '=':
			if len(above) == 1 && !found {
				p.addKey(text[start:i], line)
				found = true
			}
		case ',':
			depth = above[len(above)-1]
		case '#':
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return p.lines, nil
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
			if len(above) == 1 && !found {
				p.addHead(text[start:i+1], line)
				found = true
			}
		}
		if depth > maxNesting {
			return nil, fmt.Errorf("%s:%d: keys and brackets nest deeper than %d levels, more than any setting does",
				path, line, maxNesting)
		}
	}
	return p.lines, nil
}

// addHead records a [table] or [[table]] header.
func (p *positions) addHead(text string, line int) {
	text = strings.TrimSpace(text)
	if name, ok := strings.CutPrefix(text, "[["); ok {
		name = cleanKey(strings.TrimSuffix(name, "]]"))
		p.table = fmt.Sprintf("%s[%d]", name, p.counts[name])
		p.counts[name]++
	} else if name, ok := strings.CutPrefix(text, "["); ok {
		p.table = cleanKey(strings.TrimSuffix(name, "]"))
		if head, rest, below := strings.Cut(p.table, "."); below && p.counts[head] > 0 { // a table of the last [[head]]
			p.table = fmt.Sprintf("%s[%d].%s", head, p.counts[head]-1, rest)
		}
	} else {
		return
	}
	p.lines[p.table] = line
}

// addKey records the first occurrence of a key of the last table.
func (p *positions) addKey(text string, line int) {
	path := cleanKey(text)
	if p.table != "" {
		path = p.table + "." + path
	}
	if _, ok := p.lines[path]; !ok {
		p.lines[path] = line
	}
}

// cleanKey removes quotes and the spaces around dots.
func cleanKey(key string) string {
	parts := strings.Split(key, ".")
	for i, part := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(part), `"'`)
	}
	return strings.Join(parts, ".")
}

// stringLength returns the length in bytes of the TOML string at the start of a text, including quotes; an unclosed one
// ends with its line, or with the text if it may span lines.
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

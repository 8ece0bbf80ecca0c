package matrix

import (
	"fmt"
	"regexp"
	"strings"
)

// indexLines maps the path of every table and key to its line number, from 1: "dataset[2]",
// "dataset[2].size", "profile.quick.epochs". The TOML library keeps only the last position of a key that
// occurs in several [[tables]]. Keys inside inline tables have no entry.
func indexLines(text string) map[string]int {
	lines := map[string]int{}
	counts := map[string]int{} // tables seen of each [[name]]
	table := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if m := arrayHead.FindStringSubmatch(line); m != nil {
			name := cleanKey(m[1])
			table = fmt.Sprintf("%s[%d]", name, counts[name])
			counts[name]++
			lines[table] = i + 1
		} else if m := tableHead.FindStringSubmatch(line); m != nil {
			table = cleanKey(m[1])
			if head, rest, below := strings.Cut(table, "."); below && counts[head] > 0 { // a table of the last [[head]]
				table = fmt.Sprintf("%s[%d].%s", head, counts[head]-1, rest)
			}
			lines[table] = i + 1
		} else if m := keyStart.FindStringSubmatch(line); m != nil {
			path := cleanKey(m[1])
			if table != "" {
				path = table + "." + path
			}
			if _, ok := lines[path]; !ok {
				lines[path] = i + 1
			}
		}
	}
	return lines
}

var (
	arrayHead = regexp.MustCompile(`^\[\[\s*(.+?)\s*\]\]`)
	tableHead = regexp.MustCompile(`^\[\s*([^\[\]]+?)\s*\]`)
	keyStart  = regexp.MustCompile(`^((?:[A-Za-z0-9_.-]|"[^"]*"|'[^']*'|\s)+?)\s*=`)
)

// cleanKey removes quotes and the spaces around dots.
func cleanKey(key string) string {
	parts := strings.Split(key, ".")
	for i, part := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(part), `"'`)
	}
	return strings.Join(parts, ".")
}

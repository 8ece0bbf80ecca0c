package datasets

import (
	"fmt"
	"path/filepath"
	"strings"
)

// unusedTables notes the CSV files beside the folders of pictures, those that could be the list of a split first: they
// may tell parts or patients, which nothing else is asked for.
func (in *Inspection) unusedTables(paths []string) {
	var lists, others, keys []string
	for _, file := range paths {
		switch {
		case strings.Contains(file, "/") || !isList(file):
		case headOfList(filepath.Join(in.Dir, file)):
			lists = append(lists, file)
		default:
			others = append(others, file)
		}
	}
	tables := append(lists, others...)
	if len(tables) == 0 {
		return
	}
	text := tables[0] + " is a table that is not used"
	if n := len(tables); n > 1 {
		text = fmt.Sprintf("%d tables are not used: %s", n, strings.Join(tables[:min(n, maxNamed)], ", "))
		if n > maxNamed {
			text += fmt.Sprintf(" and %d more", n-maxNamed)
		}
	}
	for _, file := range lists[:min(len(lists), maxNamed)] {
		keys = append(keys, fmt.Sprintf("split = %q", file))
	}
	if len(keys) > 0 {
		text += "; " + strings.Join(keys, " or ") + " would divide the images as it says"
	}
	in.Notes = append(in.Notes, text)
}

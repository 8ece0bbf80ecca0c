package record

import (
	"fmt"
	"strings"
	"unicode"
)

// Slug turns a name into a part of a file name: in lower case, with letters, digits and underscores kept and
// everything else replaced by single hyphens. It contains no path separator and no "..".
func Slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// DatasetSlug returns a dataset's part of file names, e.g. "drive-phantom"; it is never empty.
func DatasetSlug(dataset string, phantom bool) string {
	slug := Slug(dataset)
	if slug == "" {
		slug = fmt.Sprintf("%x", dataset)
	}
	if phantom {
		slug += "-phantom"
	}
	return slug
}

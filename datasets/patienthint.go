package datasets

import (
	"path"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"r2unet/datasets/files"
)

// PatientHint is the key patient with an expression that may tell the patients from the names of the images, as
// `patient = '^images/(p\d+)'`, and how many it finds: it matches every path, and finds three patients or more, some of
// them with several images. The key is "" where names give none. What the names mean is not known, so the hint is to be
// shown, not followed.
func (in *Inspection) PatientHint() (key string, patients int) {
	for _, expression := range in.patientExpressions() {
		compiled, err := regexp.Compile(expression)
		if err != nil {
			continue // a name that was cut within a letter
		}
		found := map[string]bool{}
		for _, e := range in.Entries {
			patient, _ := patientIn(compiled, e.Image)
			found[patient] = true
		}
		if n := len(found); !found[""] && n >= leastPatients && n < len(in.Entries) {
			return "patient = " + tomlString(expression), n
		}
	}
	return "", 0
}

// separators stand between the words of a name.
const separators = "_-. "

// patientExpressions are those to try, the likeliest first: the number behind what all names begin with, and the word
// there up to a separator. There are none where images of several folders have one name.
func (in *Inspection) patientExpressions() (expressions []string) {
	var names []string
	folders, taken := map[string]bool{}, map[string]bool{}
	for _, e := range in.Entries {
		image := norm.NFC.String(e.Image)
		stem, _ := files.Stem(image)
		if taken[stem] {
			return nil
		}
		taken[stem], folders[path.Dir(image)] = true, true
		names = append(names, stem)
	}
	if len(names) == 0 {
		return nil
	}
	start, end := "(?:^|/)", "[^/]*$"
	if len(folders) == 1 {
		start, end = "^", ""
		for folder := range folders {
			if folder != "." {
				start += literal(folder) + "/"
			}
		}
	}
	common := names[0]
	for _, name := range names {
		for !strings.HasPrefix(name, common) {
			common = common[:len(common)-1]
		}
	}
	letters := strings.TrimRight(common, "0123456789")
	word := strings.LastIndexAny(letters, separators) + 1
	expressions = append(expressions, start+literal(letters[:word])+"("+literal(letters[word:])+`\d+)`+end)
	lead := common[:strings.LastIndexAny(common, separators)+1]
	for _, separator := range strings.Split(separators, "") {
		there := true
		for _, name := range names {
			there = there && strings.Contains(name[len(lead):], separator)
		}
		if there {
			expressions = append(expressions,
				start+literal(lead)+"([^/"+literal(separator)+"]+)"+literal(separator)+end)
		}
	}
	return expressions
}

// literal is the expression of a text, without spaces and control characters, so that it stays whole in a comment.
func literal(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case strings.ContainsRune("\t\n\f\r ", r):
			b.WriteString(`\s`)
		case unicode.IsSpace(r) || unicode.IsControl(r):
			b.WriteByte('.')
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return b.String()
}

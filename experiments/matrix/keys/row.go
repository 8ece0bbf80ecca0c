package main

import (
	"fmt"
	"regexp"
	"strings"
)

// kinds says what a user writes for a type of Go.
var kinds = map[string]string{
	"string": "text", "int": "whole number", "int64": "whole number", "float64": "number", "bool": "truth value",
	"[]int": "whole numbers", "[]int64": "whole numbers", "[]string": "texts", "[2]float64": "two numbers",
	"[3]float64": "three numbers", "Size": "whole number, or two", "Classes": "names, or tables",
	"Level": "whole number, or text", "Sharing": "text", "Normalization": "text", "Dropping": "text",
	"map": inner, "Search": inner, "Config": inner, "Probability": "number",
}

// inner is the type of keys that are tables of their own.
const inner = "table"

// row is a key's line.
func row(table string, f field) string {
	byDefault, allowed := "–", ""
	if kinds[f.kind] != inner {
		_, byDefault = defaultOf(table, f)
		allowed = cell(shownValues(table, f))
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s | %s |",
		f.key, kinds[f.kind], byDefault, allowed, units.FindString(f.comment), cell(shortened(f.comment)))
}

// units are those that comments name.
var units = regexp.MustCompile(`\b(px|degrees|HU|seconds|TFLOP)\b`)

// cell escapes what would end a cell or be read as markup.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "* ", `\* `, "**", `\*\*`, "<", "&lt;").Replace(text)
}

var (
	inQuotes = regexp.MustCompile(`"([^"]*)"`)
	wordList = regexp.MustCompile(`^[\w+-]+(, [\w+-]+)+( or [\w+-]+)?|^[\w+-]+ or [\w+-]+$`)
	oneWord  = regexp.MustCompile(`[\w+-]+`)
	unitLast = regexp.MustCompile(` (px|degrees)$`)
)

// shownValues writes words as code, and leaves out what the column of units has.
func shownValues(table string, f field) string {
	text := values(table, f)
	if kinds[f.kind] == "text" {
		text = inQuotes.ReplaceAllString(text, "`$1`")
		list := wordList.FindString(text)
		text = oneWord.ReplaceAllStringFunc(list, asCode) + text[len(list):]
	}
	return unitLast.ReplaceAllString(text, "")
}

func asCode(word string) string {
	if word == "or" || word == "and" {
		return word
	}
	return "`" + word + "`"
}

// shortened is a comment without what the columns before it say.
func shortened(comment string) string {
	comment = defaultLast.ReplaceAllString(comment, "$1")
	for _, said := range []string{" (default)", ", px", ", degrees", ", seconds", ", HU"} {
		comment = strings.ReplaceAll(comment, said, "")
	}
	if !strings.Contains(comment, ". ") {
		comment = strings.TrimSuffix(comment, ".")
	}
	return comment
}

// What comments say of a default: a value, or what 0 or "" means.
var (
	valueBefore = regexp.MustCompile(`("[^"]*"|\d[\d.]*) \(default\b`)
	valueBehind = regexp.MustCompile(`default:? ("[^"]*"|\[[^\]]*\]|[\d.]*\d|none|the two of a mask)`)
	meaning     = regexp.MustCompile(
		`(?:^|[;,:] )(""|0|[Bb]oth 0|left out) = ([^;:]+?)(?:;|, so that|, [a-z]+ are|\. |\.$|$)`)
	defaultLast = regexp.MustCompile( // at the end of a sentence
		`; (?:default|"" =|[Bb]oth 0 =|0 =|left out =)(?:[^.,;]|\.\d)*(\. |\.?$)`)
)

// defaultOf returns a key's default as a TOML literal, "" if it is not one, and what the page calls it.
func defaultOf(table string, f field) (literal, called string) {
	if m := valueBefore.FindStringSubmatch(f.comment); m != nil {
		return m[1], "`" + m[1] + "`"
	}
	if m := valueBehind.FindStringSubmatch(f.comment); m != nil {
		if m[1][0] >= 'a' {
			return "", m[1]
		}
		return m[1], "`" + m[1] + "`"
	}
	if m := meaning.FindStringSubmatch(f.comment); m != nil {
		switch {
		case m[1] != "0":
			return "", m[2]
		case m[2][0] >= 'a':
			return "0", "0: " + m[2]
		}
		return "0", m[2]
	}
	switch {
	case f.kind == "bool":
		return "false", "`false`"
	case strings.Contains(f.comment, "required with it"):
		return "", "**required** with `kind`"
	case required(table, f.key):
		return "", "**required**"
	case strings.HasPrefix(f.kind, "[]"), f.kind == "Level":
		return "", "none"
	case kinds[f.kind] == "number", kinds[f.kind] == "whole number":
		return "0", "0"
	}
	return "", ""
}

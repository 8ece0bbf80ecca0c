package guidetest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	links    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headings = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	fences   = regexp.MustCompile("(?ms)^```.*?^```$")
	indented = regexp.MustCompile(`(?m)^    .*$`)
)

// TestLinksLeadSomewhere: files and headings that pages link to are there.
func TestLinksLeadSomewhere(t *testing.T) {
	checked := 0
	for _, page := range pages(t) {
		text := indented.ReplaceAllString(fences.ReplaceAllString(read(t, page), ""), "")
		for _, match := range links.FindAllStringSubmatch(text, -1) {
			to, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			checked++
			target := page
			if to != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(page), to))
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, match[1])
				continue
			}
			if anchor != "" && strings.HasSuffix(target, ".md") && !slices.Contains(anchors(read(t, target)), anchor) {
				t.Errorf("%s links to %s, and %s has no such heading", page, match[1], target)
			}
		}
	}
	if checked < 100 {
		t.Errorf("%d links were found", checked)
	}
}

// anchors are the names that GitHub gives to a page's headings.
func anchors(text string) []string {
	var all []string
	for _, match := range headings.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, match[1])
		all = append(all, name)
	}
	return all
}

// TestEveryPageIsReached from the index of docs or README.md, over any number of links.
func TestEveryPageIsReached(t *testing.T) {
	reached, next := map[string]bool{}, []string{"docs/README.md", "README.md"}
	for len(next) > 0 {
		page := next[0]
		next = next[1:]
		if reached[page] || !strings.HasSuffix(page, ".md") {
			continue
		}
		reached[page] = true
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			continue // TestLinksLeadSomewhere says so
		}
		for _, match := range links.FindAllStringSubmatch(string(text), -1) {
			to, _, _ := strings.Cut(match[1], "#")
			if to != "" && !strings.Contains(to, "://") {
				next = append(next, filepath.ToSlash(filepath.Join(filepath.Dir(page), to)))
			}
		}
	}
	for _, page := range pages(t) {
		if !reached[page] && strings.HasPrefix(page, "docs/") {
			t.Errorf("no link leads from docs/README.md or README.md to %s", page)
		}
	}
}

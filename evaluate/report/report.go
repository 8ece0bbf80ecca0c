// Package report makes a page of a sweep's results: settings, tables, curves, pictures, audit and cost. The
// page is a single file that needs no network and can be made while the sweep runs.
package report

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
)

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS string

//go:embed page/chart.js
var chartJS string

//go:embed page/scatter.js
var scatterJS string

//go:embed page/page.js
var pageJS string

//go:embed page/live.js
var liveJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// A Section is a part of the page that can be replaced on its own.
type Section struct {
	ID    string        `json:"id"`
	Title string        `json:"title"`
	HTML  template.HTML `json:"html"` // without the heading
}

// Report makes the page of a results folder in its current state. The page lists damaged runs and shows
// everything else.
func (b *Builder) Report(folder string) ([]byte, error) {
	s, err := archive.Open(folder)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return b.Of(s, nil)
}

// mostRuns is the largest number of runs that a file shows one by one, at about 14 kB each.
const mostRuns = 500

// Of is Report of a results folder that was read. The tables are those of its results, or nil if they are to be made:
// they take long where there are very many runs.
func (b *Builder) Of(s *archive.Sweep, tables []*evaluate.PaperTable) ([]byte, error) {
	if len(s.Runs) > mostRuns {
		sections, err := summary(s, tables)
		if err != nil {
			return nil, err
		}
		return Page(s.Name, sections, "")
	}
	return Page(s.Name, b.Sections(s), "")
}

// Page makes a whole page of sections. With a version it is live: it requests changed sections from its
// server at ./events?since=VERSION.
func Page(title string, sections []Section, version string) ([]byte, error) {
	script := chartJS + scatterJS + pageJS
	if version != "" {
		script += liveJS
	}
	var page bytes.Buffer
	err := pageTemplate.Execute(&page, map[string]any{
		"Title": title, "Sections": sections, "Version": version,
		"Style": template.CSS(pageCSS), "Script": template.JS(script), //nolint:gosec // both are part of the program
	})
	if err != nil {
		return nil, fmt.Errorf("make report: %w", err)
	}
	return page.Bytes(), nil
}

// Notice returns a section with one warning.
func Notice(id, title, text string) Section {
	return Section{id, title, render("notice", text)}
}

// lines splits a joined error into its messages.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []string
		for _, e := range joined.Unwrap() {
			all = append(all, lines(e)...)
		}
		return all
	}
	return strings.Split(err.Error(), "\n")
}

package report

import (
	"encoding/base64"
	"html/template"
	"slices"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/tuning"
)

// searchView is a search on the page.
type searchView struct {
	Name, Summary, Measure, Method, Pruning string
	Header                                  []string
	Rows                                    [][]string
	Best                                    string
	Effects                                 []string
	Caveat                                  string
	Figure                                  template.URL
}

// searchesOf collects the searches and reports figures that could not be drawn.
func searchesOf(s *archive.Sweep) (all []searchView, problems []string) {
	for _, search := range s.Searches {
		v := searchView{
			Name: search.Name, Summary: tuning.Summary(search), Measure: search.Measure,
			Method: search.Method, Pruning: search.Pruning, Caveat: tuning.Caveat,
			Header: tuning.Header(search), Rows: tuning.Rows(search), Best: tuning.TOML(search),
		}
		for _, e := range tuning.Effects(search) {
			v.Effects = append(v.Effects, e.String())
		}
		f, err := figure.Search(search)
		if err == nil && f != nil {
			var svg []byte
			if svg, err = f.SVG(); err == nil {
				address := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)
				v.Figure = template.URL(address) //nolint:gosec // base64; scripts do not run in a picture
			}
		}
		problems = append(problems, lines(err)...)
		all = append(all, v)
	}
	return all, problems
}

// withSearches adds the section of searches, if there are any, behind that of the runs.
func withSearches(sections []Section, searches []searchView) []Section {
	if len(searches) == 0 {
		return sections
	}
	at := slices.IndexFunc(sections, func(s Section) bool { return s.ID == "runs" }) + 1
	return slices.Insert(sections, at, Section{"search", "Search", render("search", searches)})
}

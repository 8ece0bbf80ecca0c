package report

import (
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/measures"
)

// Limits of a page: rows of its two tables, and warnings and notes above them.
const (
	indexRuns     = 100
	indexNetworks = 200
	indexWarnings = 20
)

// A Query selects what a page of an index shows, from the page's address: ?q=TEXT&page=N.
type Query struct {
	Text string // case-insensitive part of dataset, network, status or ID; "" matches everything
	Page int    // from 1
}

// ParseQuery reads a query from an address and ignores invalid parts.
func ParseQuery(values url.Values) Query {
	page, err := strconv.Atoi(values.Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	text := values.Get("q")
	return Query{text[:min(len(text), 200)], page}
}

// address returns the address of another page of the same query.
func (q Query) address(page int) string {
	values := url.Values{}
	if q.Text != "" {
		values.Set("q", q.Text)
	}
	if page > 1 {
		values.Set("page", strconv.Itoa(page))
	}
	return "./?" + values.Encode()
}

// indexRow is a row about a run, or about a network with its runs.
type indexRow struct {
	ID, Address, Dataset, Network, Status, Error, Setting string
	Tested                                                string // images measured, e.g. "2 of 20"
	Data                                                  string // of the first run: what it was trained and tested on
	Numbers                                               []value
}

// Index makes the sections of a page about very many runs: their states, the means of each network, and one
// page of the list of runs. Details of a run are on its own page, ?run=ID.
func Index(x *archive.Index, q Query) []Section {
	entries := x.Entries()
	chosen := entries
	if words := strings.Fields(strings.ToLower(q.Text)); len(words) > 0 {
		chosen = slices.DeleteFunc(slices.Clone(entries), func(e *archive.Entry) bool {
			text := strings.ToLower(e.ID + " " + e.Result.DatasetLabel() + " " + e.Result.Label() + " " +
				string(e.Result.Status))
			return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
		})
	}
	pages := max(1, (len(chosen)+indexRuns-1)/indexRuns)
	page := min(q.Page, pages)
	var rows []indexRow
	for _, e := range chosen[min((page-1)*indexRuns, len(chosen)):min(page*indexRuns, len(chosen))] {
		rows = append(rows, indexRunRow(e))
	}
	networks, more := indexNetworkRows(chosen)
	var others []map[string]any
	for _, to := range []struct {
		name string
		page int
	}{{"first", 1}, {"previous", page - 1}, {"next", page + 1}, {"last", pages}} {
		if to.page >= 1 && to.page <= pages && to.page != page {
			address := template.URL(q.address(to.page)) //nolint:gosec // encoded
			others = append(others, map[string]any{"Name": to.name, "Address": address})
		}
	}
	return []Section{
		{"overview", "Overview", render("overview", indexOverview(entries, onBoard))},
		{"networks", "Networks", render("index-networks", map[string]any{"Rows": networks, "More": more})},
		{"runs", "Runs", render("index-runs", map[string]any{
			"Rows": rows, "Text": q.Text, "Chosen": len(chosen), "All": len(entries), "Page": page, "Pages": pages,
			"Others": others,
		})},
	}
}

// What the overview says of where the rest is: on a board's page, and in a file.
const (
	onBoard = " These are too many for one page: means of the networks are below, the runs by the hundred, and each " +
		"run has a page. Tables and figures are in the results folder."
	inFile = " These are too many for one file: means of the networks and tables are below, the runs one by one in " +
		"tables/summary.csv, and go run ./cmd/board shows each run. Figures are in the results folder."
)

// summary makes the sections of a file about very many runs.
func summary(s *archive.Sweep, tables []*evaluate.PaperTable) ([]Section, error) {
	if tables == nil {
		var err error
		if tables, err = evaluate.Tables(s.Results()); err != nil {
			return nil, err
		}
	}
	entries := s.Index().Entries()
	networks, more := indexNetworkRows(entries)
	return []Section{
		{"overview", "Overview", render("overview", indexOverview(entries, inFile))},
		{"networks", "Networks", render("index-networks", map[string]any{"Rows": networks, "More": more})},
		{"tables", "Tables", htmlOf(tables)},
	}, nil
}

// indexOverview summarizes the states of the runs, like the overview of a small sweep.
func indexOverview(entries []*archive.Entry, where string) any {
	count := map[evaluate.Status]int{}
	var warnings, notes []string
	said, unsaid := map[string]bool{}, 0
	say := func(text string, to *[]string) {
		switch {
		case said[text]:
		case len(*to) < indexWarnings:
			said[text] = true
			*to = append(*to, text)
		default:
			unsaid++
		}
	}
	for _, e := range entries {
		count[e.Result.Status]++
		if e.Result.Phantom {
			say(fmt.Sprintf("phantom: the images of %s were not at hand and are drawn; their numbers say nothing "+
				"about the real ones.", e.Result.Dataset), &warnings)
		}
		if e.Result.Note != "" {
			say(e.Result.DatasetLabel()+": "+e.Result.Note, &notes)
		}
		if e.Problem != "" {
			say(e.ID+": "+e.Problem, &warnings)
		}
	}
	if unsaid > 0 {
		warnings = append(warnings, fmt.Sprintf("and %d more of the kind", unsaid))
	}
	return map[string]any{
		"Summary":  statusSummary(count) + where,
		"Warnings": warnings, "Notes": notes,
	}
}

func indexRunRow(e *archive.Entry) indexRow {
	r := &e.Result
	row := indexRow{
		ID: e.ID, Address: "./?" + url.Values{"run": {e.ID}}.Encode(), Dataset: r.DatasetLabel(),
		Network: networkName(r, false),
		Status:  string(r.Status), Error: r.Error, Tested: evaluate.Dash,
	}
	share, f1, auc := noValue, noValue, noValue
	switch {
	case r.Status == evaluate.Finished:
		share = value{"100 %", "1"}
		f1, auc = number(r.Measures.Shown(measures.F1), "%.4f"), number(r.Measures.Shown(measures.AUC), "%.4f")
		row.Tested = "not recorded"
		if r.Data != nil {
			row.Tested = r.Tested()
		}
	case e.Progress != nil && e.Progress.Epochs > 0 && e.Progress.Steps > 0:
		p := e.Progress
		done := min(1, max(0, (float64(p.Epoch-1)+float64(p.Step)/float64(p.Steps))/float64(p.Epochs)))
		share = value{fmt.Sprintf("%.0f %%", 100*done), fmt.Sprintf("%.4f", done)}
	}
	row.Numbers = []value{share, f1, auc}
	return row
}

// indexNetworkRows returns the rows of the networks of sorted entries, and the number of networks beyond the
// limit.
func indexNetworkRows(entries []*archive.Entry) (rows []indexRow, more int) {
	for start := 0; start < len(entries); {
		end := start
		var f1, auc []float64
		finished := 0
		first := &entries[start].Result
		for ; end < len(entries); end++ {
			r := &entries[end].Result
			if entries[end].Network != entries[start].Network || r.Dataset != first.Dataset ||
				r.Phantom != first.Phantom || r.Assessed != first.Assessed || r.DataHash != first.DataHash {
				break
			}
			if r.Status != evaluate.Finished {
				continue
			}
			finished++
			for m, values := range map[*measures.Measure]*[]float64{measures.F1: &f1, measures.AUC: &auc} {
				if v := r.Measures.Shown(m); evaluate.Defined(v) {
					*values = append(*values, v)
				}
			}
		}
		if len(rows) < indexNetworks {
			rows = append(rows, indexRow{
				Dataset: first.DatasetLabel(), Network: first.Label(), Setting: first.Setting(), Data: dataOf(first),
				Numbers: []value{
					{strconv.Itoa(end - start), strconv.Itoa(end - start)},
					{strconv.Itoa(finished), strconv.Itoa(finished)},
					meanOf(f1), meanOf(auc),
				},
			})
		} else {
			more++
		}
		start = end
	}
	return rows, more
}

// dataOf describes what a run of an index was trained and tested on.
func dataOf(r *evaluate.Result) string {
	if r.Data == nil {
		return "not recorded"
	}
	return r.DataText()
}

func meanOf(values []float64) value {
	if len(values) == 0 {
		return noValue
	}
	return number(stat.Mean(values, nil), "%.4f")
}

// Run makes the sections of a page about the only run of s.
func (b *Builder) Run(s *archive.Sweep) []Section {
	examples, problems := b.examples(s)
	return []Section{
		{"overview", "Overview", render("run", map[string]any{"Overview": overview(s, problems)})},
		{"runs", "Run", render("runs", foldRuns(runRows(s)))},
		{"curves", "Curves", render("charts", sweepCharts(s))},
		{"images", "Images", render("examples", examples)},
		{"cost", "Cost", render("cost", costTable(s))},
		{"settings", "Settings", render("settings", settingsOf(s))},
	}
}

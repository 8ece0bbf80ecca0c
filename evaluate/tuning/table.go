package tuning

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"r2unet/evaluate/record"
)

// Header returns the headings of the table of trials.
func Header(s record.Search) []string {
	header := []string{"Trial"}
	for _, key := range s.Keys {
		header = append(header, key.Key)
	}
	return append(header, s.Measure, "of epoch", "Epochs", "State")
}

// Rows returns the rows of the table of trials, best first.
func Rows(s record.Search) [][]string {
	var rows [][]string
	for _, t := range Ranked(s) {
		row := append([]string{fmt.Sprint(t.Number)}, t.Values...)
		best := "–"
		if t.Value != nil {
			best = fmt.Sprint(t.Best)
		}
		rows = append(rows, append(row, Number(s, t.Value), best, fmt.Sprint(t.Epochs), t.State))
	}
	return rows
}

// writer returns the table of the first trials; of all if limit is 0.
func writer(s record.Search, limit int) table.Writer {
	w := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	w.SetStyle(style)
	row := func(cells []string) table.Row {
		var r table.Row
		for _, c := range cells {
			r = append(r, c)
		}
		return r
	}
	w.AppendHeader(row(Header(s)))
	for i, cells := range Rows(s) {
		if limit == 0 || i < limit {
			w.AppendRow(row(cells))
		}
	}
	return w
}

// CSV returns the table of all trials, best first.
func CSV(s record.Search) string { return writer(s, 0).RenderCSV() + "\n" }

// Markdown returns a page: the table, the effects of the keys, and the best point.
func Markdown(s record.Search) string {
	var page strings.Builder
	fmt.Fprintf(&page, "## Search: %s\n\n%s, %s of validation samples, method %s, pruning %s.\n\n%s\n\n",
		oneLine(s.Name), Summary(s), s.Measure, s.Method, s.Pruning, writer(s, 0).RenderMarkdown())
	fmt.Fprintf(&page, "%s\n\n", Caveat)
	for _, e := range Effects(s) {
		fmt.Fprintf(&page, "- %s\n", e)
	}
	if best := TOML(s); best != "" {
		fmt.Fprintf(&page, "\nThe best point:\n\n```toml\n%s```\n", best)
	}
	return page.String()
}

// shown is the number of trials that Terminal shows.
const shown = 10

// Terminal returns what the console shows of a search: its best trials and the best point.
func Terminal(s record.Search) string {
	out := fmt.Sprintf("\nSearch: %s, %s\n%s\n", oneLine(s.Name), Summary(s), writer(s, shown).Render())
	if n := len(Rows(s)); n > shown {
		out += fmt.Sprintf("and %d more\n", n-shown)
	}
	if best := TOML(s); best != "" {
		out += "\n" + best
	}
	return out
}

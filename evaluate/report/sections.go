package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/audit"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/measures"
)

//go:embed page/sections.html
var sectionsHTML string

var sectionTemplates = template.Must(template.New("sections").Funcs(template.FuncMap{
	"hit":   func() template.CSS { return hex(figure.HitColor) },
	"miss":  func() template.CSS { return hex(figure.MissColor) },
	"alarm": func() template.CSS { return hex(figure.FalseAlarmColor) },
}).Parse(sectionsHTML))

func hex(c color.Color) template.CSS {
	r, g, b, _ := c.RGBA()
	return template.CSS(fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)) //nolint:gosec // digits only
}

// A Builder makes sections. It caches pictures and tables, so that making a page repeatedly is cheap. It is
// not safe for concurrent use.
type Builder struct {
	pictures map[string]layer

	tablesOf    string // the results that tables and comparisons were made from, as JSON
	tables      template.HTML
	comparisons template.HTML
	audit       template.HTML
}

// NewBuilder returns a builder with an empty cache.
func NewBuilder() *Builder { return &Builder{pictures: map[string]layer{}} }

// Sections makes all sections of a sweep's page.
func (b *Builder) Sections(s *archive.Sweep) []Section {
	examples, problems := b.examples(s)
	if err := b.makeTables(s.Results()); err != nil {
		problems = append(problems, lines(err)...)
	}
	if b.audit == "" {
		findings, err := findingsByTable()
		problems = append(problems, lines(err)...)
		b.audit = render("audit", findings)
	}
	searches, trouble := searchesOf(s)
	problems = append(problems, trouble...)
	return withSearches([]Section{
		{"overview", "Overview", render("overview", overview(s, problems))},
		{"runs", "Runs", render("runs", foldRuns(runRows(s)))},
		{"tables", "Tables", b.tables},
		{"comparisons", "Comparisons", b.comparisons},
		{"curves", "Curves", render("charts", sweepCharts(s))},
		{"images", "Images", render("examples", examples)},
		{"cost", "Cost", render("cost", costTable(s))},
		{"settings", "Settings", render("settings", settingsOf(s))},
		{"audit", "Audit of the printed tables", b.audit},
	}, searches)
}

// makeTables makes tables and comparisons, unless the results have not changed.
func (b *Builder) makeTables(results []evaluate.Result) error {
	costs := make([]evaluate.Cost, len(results))
	for i, r := range results {
		costs[i] = r.Cost
	}
	of, err := json.Marshal([]any{results, costs})
	if err != nil {
		return fmt.Errorf("make tables: %w", err)
	}
	if b.tables != "" && string(of) == b.tablesOf {
		return nil
	}
	if b.tables, err = tablesHTML(results); err != nil {
		return err
	}
	b.comparisons = render("comparisons", comparisonRows(results))
	b.tablesOf = string(of)
	return nil
}

func render(name string, data any) template.HTML {
	var out bytes.Buffer
	if err := sectionTemplates.ExecuteTemplate(&out, name, data); err != nil {
		text := template.HTMLEscapeString(err.Error())
		return template.HTML(`<p class="warning">` + text + `</p>`) //nolint:gosec // escaped
	}
	return template.HTML(out.String()) //nolint:gosec // made by a template that escapes
}

// tablesHTML returns the tables of a sweep's results, the same that the sweep writes to files.
func tablesHTML(results []evaluate.Result) (template.HTML, error) {
	tables, err := evaluate.Tables(results)
	if err != nil {
		return "", err
	}
	return htmlOf(tables), nil
}

// htmlOf returns tables in the order of a page.
func htmlOf(tables []*evaluate.PaperTable) template.HTML {
	ordered := slices.Clone(tables)
	slices.SortStableFunc(ordered, func(a, b *evaluate.PaperTable) int { return place(a) - place(b) })
	var all strings.Builder
	for _, table := range ordered {
		all.WriteString(table.HTML())
	}
	return template.HTML(all.String()) //nolint:gosec // made by a template that escapes
}

// place puts tables of quality with runs of ours first, and those that only repeat the paper's rows last.
func place(t *evaluate.PaperTable) int {
	ours := func(r evaluate.TableRow) bool { return r.Source == "ours" }
	switch {
	case t.Number == 4 || t.Number == 5: // parameters and cost
		return 1
	case slices.ContainsFunc(t.Rows, ours) || len(t.Incomplete) > 0:
		return 0
	}
	return 2
}

// overview summarizes the state of the sweep in a few lines.
func overview(s *archive.Sweep, problems []string) any {
	count := map[evaluate.Status]int{}
	phantoms := map[string]bool{}
	for _, r := range s.Runs {
		count[r.Result.Status]++
		if r.Result.Phantom {
			phantoms[r.Result.Dataset] = true
		}
	}
	summary := statusSummary(count)
	var warnings []string
	if len(phantoms) > 0 {
		warnings = append(warnings, phantomWarning(phantoms))
	}
	return map[string]any{
		"Summary": summary, "Lead": leadOf(s), "Notes": notes(s),
		"Warnings": append(append(warnings, s.AllProblems()...), problems...),
	}
}

// phantomWarning says which datasets are phantoms.
func phantomWarning(datasets map[string]bool) string {
	return fmt.Sprintf("phantom: the images of %s were not at hand and are drawn; their numbers say nothing about "+
		"the real ones.", strings.Join(sortedKeys(datasets), ", "))
}

// statusSummary counts the runs by their states.
func statusSummary(count map[evaluate.Status]int) string {
	var parts []string
	all := 0
	for _, status := range []evaluate.Status{evaluate.Finished, evaluate.Running, evaluate.Pending, evaluate.Failed} {
		if n := count[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
			all += n
		}
	}
	if all == 0 {
		return "No runs yet."
	}
	if all == 1 {
		return "1 run: " + strings.Join(parts, "") + "."
	}
	return fmt.Sprintf("%d runs: %s.", all, strings.Join(parts, ", "))
}

// notes returns the runs' notes about their data, those of a dataset that differ in numbers alone as one.
func notes(s *archive.Sweep) []string {
	var all []string
	for _, r := range s.Runs {
		if note := r.Result.DatasetLabel() + ": " + r.Result.Note; r.Result.Note != "" && !slices.Contains(all, note) {
			all = append(all, note)
		}
	}
	return evaluate.MergeNotes(all)
}

// value is a number in a table: as text and as its sort key.
type value struct{ Text, Value string }

func number(v float64, format string) value {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return value{evaluate.Dash, ""}
	}
	shown := fmt.Sprintf(format, v)
	if strings.Trim(shown, "+-0.") == "" {
		shown = strings.TrimLeft(shown, "+-") // a zero has no sign
	}
	return value{shown, fmt.Sprintf("%.10g", v)}
}

var noValue = value{evaluate.Dash, ""}

// positive returns a number, or no value if it is not above 0.
func positive(v float64, format string) value {
	if !(v > 0) {
		return noValue
	}
	return number(v, format)
}

// runRow is a run in the table of runs.
type runRow struct {
	ID, Dataset, Network, Error string
	Data                        string // that it was trained and tested on
	Status                      evaluate.Status
	Share                       value
	Numbers                     []value // epoch, step, loss, validation accuracy, samples/s, time left
	Results                     []value // F1, AUC
}

func runRows(s *archive.Sweep) []runRow {
	runs := slices.Clone(s.Runs)
	slices.SortStableFunc(runs, compareRuns)
	var rows []runRow
	several := severalSeeds(s)
	for _, r := range runs {
		row := runRow{
			ID: r.ID, Dataset: r.Result.DatasetLabel(), Network: networkName(&r.Result, several),
			Status: r.Result.Status, Error: r.Result.Error,
		}
		epochs, step, loss, accuracy, left := float64(len(r.History)), noValue, noValue, noValue, noValue
		rate := positive(r.Result.Cost.TrainSamplesPerSecond, "%.1f")
		if n := len(r.History); n > 0 {
			loss = number(r.History[n-1].TrainLoss, "%.4f")
			accuracy = number(r.History[n-1].ValidationAccuracy, "%.4f")
		}
		share := epochs / float64(max(1, r.Result.Epochs))
		if p := r.Progress; p != nil && r.Result.Status == evaluate.Running {
			epochs = float64(p.Epoch)
			step = value{fmt.Sprintf("%d of %d", p.Step, p.Steps), fmt.Sprint(p.Step)}
			loss, rate = number(p.Loss, "%.4f"), positive(p.SamplesPerSecond, "%.1f")
			left = value{clock(p.SecondsLeft), fmt.Sprint(p.SecondsLeft)}
			if p.Epochs > 0 && p.Steps > 0 {
				share = (float64(p.Epoch-1) + float64(p.Step)/float64(p.Steps)) / float64(p.Epochs)
			}
		}
		f1, auc := noValue, noValue
		if r.Result.Status == evaluate.Finished {
			share = 1
			f1, auc = number(r.Result.Measures.Shown(measures.F1), "%.4f"),
				number(r.Result.Measures.Shown(measures.AUC), "%.4f")
			row.Data = r.Result.DataText()
		}
		share = min(1, max(0, share))
		row.Share = value{fmt.Sprintf("%.0f %%", 100*share), fmt.Sprintf("%.4f", share)}
		epoch := value{fmt.Sprintf("%.0f of %d", epochs, r.Result.Epochs), fmt.Sprint(epochs)}
		row.Numbers, row.Results = []value{epoch, step, loss, accuracy, rate, left}, []value{f1, auc}
		rows = append(rows, row)
	}
	return rows
}

// foldedFrom is from how many runs on their rows are shown only when the reader asks for them.
const foldedFrom = 13

// runTables are the runs in sight and those that the reader unfolds, a dataset at a time.
type runTables struct {
	Plain  []runRow
	Folded []foldedRuns
}

type foldedRuns struct {
	Title string
	Rows  []runRow
}

// foldRuns folds finished runs if there are many; those that are running, waiting or failed stay in sight.
func foldRuns(rows []runRow) runTables {
	finished := 0
	for _, r := range rows {
		if r.Status == evaluate.Finished {
			finished++
		}
	}
	if finished < foldedFrom {
		return runTables{Plain: rows}
	}
	var t runTables
	for _, r := range rows {
		n := len(t.Folded)
		switch {
		case r.Status != evaluate.Finished:
			t.Plain = append(t.Plain, r)
		case n > 0 && t.Folded[n-1].Rows[0].Dataset == r.Dataset:
			t.Folded[n-1].Rows = append(t.Folded[n-1].Rows, r)
		default:
			t.Folded = append(t.Folded, foldedRuns{Rows: []runRow{r}})
		}
	}
	for i, f := range t.Folded {
		t.Folded[i].Title = fmt.Sprintf("%s: %d finished", f.Rows[0].Dataset, len(f.Rows))
		var f1 []string
		for _, r := range f.Rows {
			if r.Results[0] != noValue {
				f1 = append(f1, r.Results[0].Text)
			}
		}
		if len(f1) > 0 {
			t.Folded[i].Title += fmt.Sprintf(", F1 %s to %s", slices.Min(f1), slices.Max(f1))
		}
	}
	return t
}

// compareRuns orders runs as the paper's tables do, and those of one row by seed and fold.
func compareRuns(a, b *archive.Run) int {
	x, y := a.Result, b.Result
	if x.DataHash != "" && y.DataHash != "" {
		x.Note, y.Note = "", "" // tells files apart in records of earlier versions, which have no hash of them
	}
	return evaluate.CompareResults(&x, &y)
}

// severalSeeds reports whether the sweep has runs of more than one seed.
func severalSeeds(s *archive.Sweep) bool {
	return slices.ContainsFunc(s.Runs, func(r *archive.Run) bool { return r.Result.Seed != s.Runs[0].Result.Seed })
}

// networkName returns the name of a run's network and fold, and its seed if there are several.
func networkName(r *evaluate.Result, seed bool) string {
	name := r.Title()
	if r.Folds > 1 {
		name += fmt.Sprintf(", fold %d of %d", r.Fold+1, r.Folds)
	}
	if seed {
		name += fmt.Sprintf(", seed %d", r.Seed)
	}
	return name
}

// clock formats a duration in hours, minutes and seconds.
func clock(seconds float64) string {
	if !(seconds > 0) || seconds > 1e9 {
		return evaluate.Dash
	}
	s := int(math.Ceil(seconds))
	if s >= 3600 {
		return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
	}
	return fmt.Sprintf("%d min %02d s", s/60, s%60)
}

// costRow is a run in the table of costs.
type costRow struct {
	ID, Dataset, Network, Device, Test string
	Numbers                            []value // training seconds, samples/s, memory, parameters
	Seconds                            value   // per test sample
}

// costTable has the costs of all runs, which are folded where they are many.
func costTable(s *archive.Sweep) map[string]any {
	return map[string]any{"Rows": costRows(s), "Many": len(s.Runs) >= foldedFrom}
}

func costRows(s *archive.Sweep) []costRow {
	var rows []costRow
	runs := slices.Clone(s.Runs)
	slices.SortStableFunc(runs, compareRuns)
	several := severalSeeds(s)
	for _, r := range runs {
		c := r.Result.Cost
		row := costRow{
			ID: r.ID, Dataset: r.Result.DatasetLabel(), Network: networkName(&r.Result, several),
			Device: c.Device, Test: evaluate.Dash, Seconds: noValue,
		}
		row.Numbers = []value{
			positive(c.TrainSeconds, "%.1f"), positive(c.TrainSamplesPerSecond, "%.1f"),
			positive(float64(c.PeakMemoryBytes)/(1<<20), "%.0f"), positive(float64(r.Result.Parameters), "%.0f"),
		}
		if len(c.Inference) == 0 {
			rows = append(rows, row)
		}
		for _, i := range c.Inference {
			row.Test = fmt.Sprintf("%s, %d×%d px", i.Way(), i.Width, i.Height)
			row.Seconds = number(i.SecondsPerSample, "%.3f")
			rows = append(rows, row)
		}
	}
	return rows
}

// tableFindings holds the audit's findings on one printed table.
type tableFindings struct {
	Table    string // its name in the findings
	Title    string
	Findings []audit.Finding
}

func findingsByTable() ([]tableFindings, error) {
	findings, err := audit.Paper()
	if err != nil {
		return nil, err
	}
	var all []tableFindings
	for _, f := range findings {
		if n := len(all); n == 0 || all[n-1].Table != f.Table {
			all = append(all, tableFindings{Table: f.Table, Title: "Table " + strings.TrimPrefix(f.Table, "table-")})
		}
		last := &all[len(all)-1]
		last.Findings = append(last.Findings, f)
	}
	return all, nil
}

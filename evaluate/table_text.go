package evaluate

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	align "github.com/jedib0t/go-pretty/v6/text"
)

// mainRows returns the printed rows and the main reading of ours.
func (t *PaperTable) mainRows() (rows []TableRow) {
	for _, row := range t.Rows {
		if !row.other {
			rows = append(rows, row)
		}
	}
	return rows
}

// otherRows returns the other readings of our rows.
func (t *PaperTable) otherRows() (rows []TableRow) {
	for _, row := range t.Rows {
		if row.other {
			rows = append(rows, row)
		}
	}
	return rows
}

// Markdown returns the table as a page: the paper's rows with ours, then other
// readings of our rows, notes, and what did not finish.
func (t *PaperTable) Markdown() string {
	var page strings.Builder
	fmt.Fprintf(&page, "## %s\n\n", t.Title)
	for _, line := range t.Lead {
		fmt.Fprintf(&page, "> %s\n", line)
	}
	if len(t.Lead) > 0 {
		page.WriteString("\n")
	}
	fmt.Fprintln(&page, t.writer(t.mainRows(), false).RenderMarkdown())
	page.WriteString("\n")
	for _, note := range t.Notes {
		fmt.Fprintf(&page, "- %s\n", note)
	}
	if len(t.Incomplete) > 0 {
		fmt.Fprintf(&page, "\n### Runs without a result\n\n%s\n", t.incompleteWriter().RenderMarkdown())
	}
	if rows := t.otherRows(); len(rows) > 0 {
		fmt.Fprintf(&page, "\n### The same runs read in other ways\n\n%s\n", t.writer(rows, false).RenderMarkdown())
	}
	return page.String()
}

// spareColumns lists the columns that are omitted from narrow terminals, in this order. No information is
// lost: the dataset's name says phantom, notes below the table give caveats and data, and files have all
// columns.
var spareColumns = []string{
	"data", "setting", "f1_interval", "runs", "note", "f1_difference", "mcc", "js", "dc", spareMeasures, "device",
	"tested",
}

// spareMeasures stands for the columns added by withOthers.
const spareMeasures = "measures"

// Terminal writes the main rows, notes and unfinished runs for a terminal that is width columns wide; 0 means
// any width. If there is not enough room, it omits columns and, as a last resort, standard deviations.
func (t *PaperTable) Terminal(out io.Writer, width int) error {
	var page strings.Builder
	fmt.Fprintln(&page, t.Title)
	for _, line := range t.Lead {
		if width > 8 {
			line = align.WrapSoft(line, width-4)
		}
		fmt.Fprintf(&page, "  %s\n", strings.ReplaceAll(line, "\n", "\n  "))
	}
	shown := *t
	rendered := styled(shown.writer(t.mainRows(), false))
	for _, spare := range spareColumns {
		if width <= 0 || widest(rendered) <= width {
			break
		}
		shown.Columns = slices.DeleteFunc(slices.Clone(shown.Columns),
			func(c Column) bool { return c.Key == spare || spare == spareMeasures && c.spare })
		rendered = styled(shown.writer(t.mainRows(), false))
	}
	if width > 0 && widest(rendered) > width {
		rendered = styled(shown.writer(t.mainRows(), true))
	}
	fmt.Fprintln(&page, rendered)
	for _, note := range t.Notes {
		if width > 8 {
			note = align.WrapSoft(note, width-4)
		}
		fmt.Fprintf(&page, "  %s\n", strings.ReplaceAll(note, "\n", "\n  "))
	}
	if len(t.Incomplete) > 0 {
		fmt.Fprintf(&page, "\nRuns without a result\n%s\n", styled(t.incompleteWriter()))
	}
	_, err := io.WriteString(out, page.String())
	return err
}

// styled renders a table for a terminal.
func styled(w table.Writer) string {
	style := table.StyleLight
	style.Format.Header = align.FormatDefault
	style.Options.SeparateColumns = false
	w.SetStyle(style)
	w.SuppressEmptyColumns()
	return w.Render()
}

// widest returns the width of the longest line in terminal columns.
func widest(rendered string) int {
	longest := 0
	for line := range strings.Lines(rendered) {
		longest = max(longest, align.StringWidthWithoutEscSequences(strings.TrimRight(line, "\n")))
	}
	return longest
}

// shownColumns returns the columns that pages and terminals show.
func (t *PaperTable) shownColumns() []Column {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c Column) bool { return c.FileOnly })
}

// writer lays out rows for every text format; if narrow, without standard deviations.
func (t *PaperTable) writer(rows []TableRow, narrow bool) table.Writer {
	numberWidth := 16 // headings of numeric columns wrap at this width
	if narrow {
		numberWidth = 9
	}
	w := table.NewWriter()
	header := table.Row{}
	var aligned []table.ColumnConfig
	shown := t.shownColumns()
	for i, c := range shown {
		header = append(header, c.Name)
		if c.Numeric {
			aligned = append(aligned, table.ColumnConfig{
				Number: i + 1, Align: align.AlignRight, AlignHeader: align.AlignRight,
				WidthMax: numberWidth, WidthMaxEnforcer: align.WrapSoft,
			})
		}
	}
	w.AppendHeader(header)
	w.SetColumnConfigs(aligned)
	for _, row := range rows {
		cells := table.Row{}
		for _, c := range shown {
			cell := row.Cells[c.Key].Text
			if narrow && c.Numeric {
				cell, _, _ = strings.Cut(cell, " ±")
			}
			cells = append(cells, cell)
		}
		w.AppendRow(cells)
	}
	return w
}

func (t *PaperTable) incompleteWriter() table.Writer {
	w := table.NewWriter()
	w.AppendHeader(table.Row{"Run", "Dataset", "Method", "Status", "Why"})
	for _, run := range t.Incomplete {
		w.AppendRow(table.Row{run.RunID, run.Dataset, run.Method, run.Status, run.Error})
	}
	return w
}

// CSV returns all rows and readings; numbers have all their digits, and each
// numeric column is followed by one with its standard deviation. Runs without a
// result have a row with their status and error.
func (t *PaperTable) CSV() (string, error) {
	var out strings.Builder
	w := csv.NewWriter(&out)
	var header []string
	for _, c := range t.Columns {
		header = append(header, c.Key)
		if c.hasSD() {
			header = append(header, c.Key+"_sd")
		}
	}
	if err := w.Write(append(header, "reading", "status", "error")); err != nil {
		return "", err
	}
	for _, row := range t.Rows {
		var record []string
		for _, c := range t.Columns {
			cell, ok := row.Cells[c.Key]
			if !ok {
				cell = text("")
			}
			if c.Numeric {
				record = append(record, digits(row, cell))
			} else {
				record = append(record, cell.Text)
			}
			if c.hasSD() {
				record = append(record, decimal(cell.SD))
			}
		}
		status := string(Finished)
		if row.Source != "ours" {
			status = "printed"
		}
		if err := w.Write(append(record, row.Reading, status, "")); err != nil {
			return "", err
		}
	}
	for _, run := range t.Incomplete {
		var record []string
		for _, c := range t.Columns {
			value := map[string]string{
				"dataset": run.Dataset, "method": run.Method, "source": "ours", "name": run.Name, "run": run.RunID,
				"note": run.RunID,
			}[c.Key]
			record = append(record, value)
			if c.hasSD() {
				record = append(record, "")
			}
		}
		if err := w.Write(append(record, "", string(run.Status), run.Error)); err != nil {
			return "", err
		}
	}
	w.Flush()
	return out.String(), w.Error()
}

// hasSD reports whether a column of standard deviations follows the column in CSV.
func (c Column) hasSD() bool { return c.Numeric && !c.single }

// digits returns a printed number as the paper prints it, and ours with all digits.
func digits(row TableRow, cell Cell) string {
	if row.Source != "ours" && Defined(cell.Value) {
		return cell.Text
	}
	return decimal(cell.Value)
}

func decimal(v float64) string {
	if !Defined(v) {
		return ""
	}
	return fmt.Sprintf("%.10g", v)
}

// JSON returns the whole table, indented.
func (t *PaperTable) JSON() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(t)
	return out.Bytes(), err
}

// MarshalJSON writes the text, and value and deviation where they are numbers.
func (c Cell) MarshalJSON() ([]byte, error) {
	fields := map[string]any{"text": c.Text}
	if Defined(c.Value) {
		fields["value"] = c.Value
	}
	if Defined(c.SD) {
		fields["sd"] = c.SD
	}
	return json.Marshal(fields)
}

package evaluate

import (
	"fmt"
	"slices"
	"strings"
)

// LaTeX returns the printed rows and the main reading of ours as a table environment for the package booktabs, with
// a rule between datasets. The notes precede it as comments; columns of prose and runs without a result are omitted.
func (t *PaperTable) LaTeX() string {
	columns := slices.DeleteFunc(t.shownColumns(), func(c Column) bool {
		return slices.Contains([]string{"f1_difference", "data", "note"}, c.Key)
	})
	var page strings.Builder
	page.WriteString("% Needs \\usepackage{booktabs}, and \\usepackage{graphicx} for the width.\n")
	for _, note := range slices.Concat(t.Lead, t.Notes) {
		fmt.Fprintf(&page, "%% %s\n", strings.Join(strings.Fields(note), " "))
	}
	layout, heads := "", []string{}
	for _, c := range columns {
		if c.Numeric {
			layout += "r"
		} else {
			layout += "l"
		}
		heads = append(heads, latexText(c.Name))
	}
	fmt.Fprintf(&page, "\\begin{table}\n\\centering\n\\caption{%s}\n\\label{tab:results-%d}\n", latexText(t.Title),
		t.Number)
	fmt.Fprintf(&page, "\\resizebox{\\textwidth}{!}{%%\n\\begin{tabular}{%s}\n\\toprule\n%s \\\\\n\\midrule\n",
		layout, strings.Join(heads, " & "))
	rows := t.mainRows()
	for i, row := range rows {
		if i > 0 && row.Cells["dataset"].Text != rows[i-1].Cells["dataset"].Text {
			page.WriteString("\\midrule\n")
		}
		var cells []string
		for _, c := range columns {
			cells = append(cells, latexText(row.Cells[c.Key].Text))
		}
		fmt.Fprintf(&page, "%s \\\\\n", strings.Join(cells, " & "))
	}
	page.WriteString("\\bottomrule\n\\end{tabular}}\n\\end{table}\n")
	return page.String()
}

var latexSpecial = strings.NewReplacer(
	`\`, `\textbackslash{}`, `{`, `\{`, `}`, `\}`, `$`, `\$`, `&`, `\&`, `#`, `\#`, `%`, `\%`, `_`, `\_`,
	`^`, `\textasciicircum{}`, `~`, `\textasciitilde{}`, `<`, `\textless{}`, `>`, `\textgreater{}`, `|`, `\textbar{}`,
	`"`, `''`, `[`, `{[}`, `]`, `{]}`,
	`±`, `$\pm$`, `×`, `$\times$`, `−`, `$-$`, `–`, `--`, `—`, `---`,
)

// latexText escapes a text for LaTeX; line breaks become spaces, because an empty line would end the paragraph.
func latexText(s string) string { return latexSpecial.Replace(strings.Join(strings.Fields(s), " ")) }

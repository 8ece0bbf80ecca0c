package evaluate

import (
	"regexp"
	"strings"
	"testing"
)

// TestNamesAreEscapedInLaTeXAndHTML gives a network and a note names made of characters that are markup there.
func TestNamesAreEscapedInLaTeXAndHTML(t *testing.T) {
	r := imagesResult("forward", f1Of)
	r.Architecture = `a\input{b}_c & 50 % #1 $x$ ^~ <script> "q" [2]` + "\n\npar"
	r.Note = "first\n\\input{second}"
	table, err := Table(1, []Result{r})
	if err != nil {
		t.Fatal(err)
	}
	page := table.LaTeX()
	const want = `a\textbackslash{}input\{b\}\_c \& 50 \% \#1 \$x\$ \textasciicircum{}\textasciitilde{} ` +
		`\textless{}script\textgreater{} ''q'' {[}2{]} par`
	if !strings.Contains(page, want) {
		t.Errorf("%s is not in\n%s", want, page)
	}
	if html := table.HTML(); strings.Contains(html, "<script>") || !strings.Contains(html, "&lt;script&gt;") {
		t.Error("a name is markup in HTML")
	}
	ampersands := -1
	body, escaped := false, regexp.MustCompile(`\\[\\&%$#_{}]`)
	for line := range strings.Lines(page) {
		switch {
		case strings.HasPrefix(line, "\\toprule"):
			body = true
		case strings.HasPrefix(line, "\\bottomrule"):
			body = false
		case strings.HasPrefix(line, "\\midrule"):
		case body:
			n := strings.Count(escaped.ReplaceAllString(line, ""), "&")
			if ampersands >= 0 && n != ampersands {
				t.Errorf("%d columns, others have %d: %s", n+1, ampersands+1, line)
			}
			ampersands = n
		case !strings.HasPrefix(line, "%") && !strings.HasPrefix(line, "\\"):
			t.Errorf("a line outside the table is neither comment nor command: %s", line)
		}
	}
}

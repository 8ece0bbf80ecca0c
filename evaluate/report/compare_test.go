package report_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"r2unet/evaluate/archive/archivetest"
	"r2unet/evaluate/report"
	"r2unet/evaluate/report/browsertest"
)

// three writes three results folders: the second has another batch and revision and one network less on CHASE_DB1, the
// third has none of ISIC 2017.
func three(t *testing.T) (folders []string, page string) {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"first", "second", "third"} {
		folder := filepath.Join(dir, name)
		archivetest.Copy(t, folder, uint64(i+1))
		folders = append(folders, folder)
	}
	remove := func(pattern string) {
		runs, err := filepath.Glob(pattern)
		if err != nil || len(runs) == 0 {
			t.Fatal("no such runs:", pattern, err)
		}
		for _, run := range runs {
			if err := os.RemoveAll(run); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove(filepath.Join(folders[1], "runs", "chase_db1-residual-t0"))
	remove(filepath.Join(folders[2], "runs", "isic2017-*"))
	changed, err := filepath.Glob(filepath.Join(folders[1], "runs", "*", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range changed {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range [][2]string{{`"batch": 32`, `"batch": 8`}, {`"go1.26"`, `"go1.27"`}} {
			if !bytes.Contains(data, []byte(change[0])) {
				t.Fatalf("%s has no %s", file, change[0])
			}
			data = bytes.ReplaceAll(data, []byte(change[0]), []byte(change[1]))
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	made, err := report.NewBuilder().ComparePage(folders)
	if err != nil {
		t.Fatal(err)
	}
	return folders, string(made)
}

// section returns the HTML of a section, without its charts' data.
func section(page, id string) string {
	_, rest, _ := strings.Cut(page, `<section id="`+id+`">`)
	text, _, _ := strings.Cut(rest, "</section>")
	return text
}

func TestComparisonSaysWhatDiffers(t *testing.T) {
	folders, page := three(t)
	again, err := report.NewBuilder().ComparePage(folders)
	if err != nil || string(again) != page {
		t.Errorf("two pages of the same folders differ: %v", err)
	}
	for _, match := range regexp.MustCompile(`(?i)(src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(match[2], "#") && !strings.HasPrefix(match[2], "data:") {
			t.Errorf("the page leads to %.80s", match[2])
		}
	}
	settings := section(page, "settings")
	for _, want := range []string{
		"training.<wbr>batch<wbr></td><td>32</td><td>8</td><td>32</td>" +
			"<td>CHASE_DB1: U-Net, RU-Net (t=2), R2U-Net (t=2), R2U-Net (t=3); ISIC2017 (phantom)</td>",
		"versions.<wbr>go<wbr></td><td>go1.26</td><td>go1.27</td><td>go1.26</td>",
	} {
		if !strings.Contains(settings, want) {
			t.Errorf("settings do not say %q in\n%s", want, settings)
		}
	}
	if strings.Contains(settings, "epochs") {
		t.Errorf("the epochs are the same, but listed in\n%s", settings)
	}
	for id, all := range map[string][]string{
		"folders":     {folders[0], "<strong>C</strong>", "9 runs: 7 finished, 1 running, 1 failed", "phantom: the images of ISIC2017"},
		"tables":      {"<h3>CHASE_DB1</h3>", "★", `class="number best"`, "R2U-Net (t=2)", "Other measures"},
		"differences": {"<td>B − A</td>", "<td>C − A</td>", "Holm’s correction"},
		"scatter":     {`"title":"F1 of each image, C against A"`, `"images":["Image_01"`, "+0."},
		"curves":      {`"name":"C: R2U-Net (t=3)"`, `"sweep":3`},
		"images":      {`scope="col">A: R2U-Net (t=2)<`, `scope="col">C: R2U-Net (t=2)<`, "data:image/jpeg", "false alarm"},
		"runs-B":      {"isic2017-recurrent-residual-t2"},
	} {
		for _, want := range all {
			if !strings.Contains(section(page, id), want) {
				t.Errorf("section %s does not have %q", id, want)
			}
		}
	}
	if text := section(page, "runs-C"); text == "" || strings.Contains(text, "isic2017") {
		t.Errorf("runs of C: %q", text)
	}
	if text := section(page, "tables"); !regexp.MustCompile(
		`(?s)ISIC2017 \(phantom\)</h3>.*?<th class="number">A</th><th class="number">B</th></tr>`).MatchString(text) {
		t.Error("the table of ISIC 2017 has a column of C, which has none of it")
	}
}

// TestComparisonWithoutACommonNetwork: settings of all runs are compared, and nothing else fails.
func TestComparisonWithoutACommonNetwork(t *testing.T) {
	dir := t.TempDir()
	var folders []string
	for i, name := range []string{"a", "b"} {
		folder := filepath.Join(dir, name)
		archivetest.Copy(t, folder, uint64(i+1))
		for _, dataset := range []string{"chase_db1", "isic2017"}[i : i+1] {
			runs, _ := filepath.Glob(filepath.Join(folder, "runs", dataset+"-*"))
			for _, run := range runs {
				if err := os.RemoveAll(run); err != nil {
					t.Fatal(err)
				}
			}
		}
		folders = append(folders, folder)
	}
	made, err := report.NewBuilder().ComparePage(folders)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"differences": "No two folders have finished runs of one network", "scatter": "No image was measured by two folders",
		"tables": "A alone has it", "settings": "Nothing differs",
	} {
		if !strings.Contains(section(string(made), id), want) {
			t.Errorf("section %s does not say %q", id, want)
		}
	}
}

func TestComparisonInABrowser(t *testing.T) {
	b := browsertest.Start(t)
	folders, page := three(t)
	file := filepath.Join(filepath.Dir(folders[0]), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{390, 1440} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			b.Look(width, width == 390)
			b.Open("file://" + file)
			checkComparison(t, b, width)
			b.Shot(fmt.Sprintf("comparison-%d", width))
		})
	}
}

func checkComparison(t *testing.T, b *browsertest.Browser, width int64) {
	t.Helper()
	if w := browsertest.Eval[int64](b, "document.documentElement.scrollWidth"); w > width {
		t.Errorf("the page is %d px wide in a window of %d", w, width)
	}
	// Images of four networks in A and B, each a point, and a circle around the one under the pointer.
	chart := `document.querySelector("#scatter .chart")`
	if n := browsertest.Eval[int](b, chart+`.querySelectorAll(".dot").length`); n != 4*6 {
		t.Errorf("%d points, want six images of four networks", n)
	}
	b.Hover(`#scatter .chart .dot`)
	b.Eventually(`!` + chart + `.querySelector(".tip").hidden`)
	said := regexp.MustCompile(`Image_0\d.*Net.*A 0\.\d{4}, B 0\.\d{4}B − A: [+-]0\.\d{4}`)
	if tip := browsertest.Eval[string](b, chart+`.querySelector(".tip").textContent`); !said.MatchString(tip) {
		t.Errorf("a point says %q", tip)
	}
	inside := `(() => { const box = e => e.getBoundingClientRect();
		const c = box(` + chart + `), t = box(` + chart + `.querySelector(".tip"));
		return t.left >= c.left && t.right <= c.right; })()`
	if !browsertest.Eval[bool](b, inside) {
		t.Error("what a point says leaves its chart")
	}
	// The arrow keys go from the largest loss to the largest gain.
	tips := []string{}
	for _, key := range []string{"ArrowRight", "ArrowRight", "ArrowLeft"} {
		b.Run(`const c = ` + chart + `.querySelector("svg"); if (document.activeElement !== c) c.focus();
			c.dispatchEvent(new KeyboardEvent("keydown", {key: "` + key + `", bubbles: true, cancelable: true}))`)
		tips = append(tips, browsertest.Eval[string](b, chart+`.querySelector(".tip").textContent`))
	}
	if tips[0] == tips[1] || tips[0] != tips[2] {
		t.Errorf("the arrow keys lead to %q", tips)
	}
	// A network of the legend can be left out.
	b.Run(chart + `.querySelector(".legend button").click()`)
	if n := browsertest.Eval[int](b, chart+`.querySelectorAll(".dot").length`); n != 3*6 {
		t.Errorf("%d points without a network, want 18", n)
	}
	// Every folder's curve of a network has its colour, and dashes of its own.
	curves := `[...document.querySelectorAll("#curves .chart")[0].querySelectorAll("path.curve")]`
	for of, want := range map[string]int{"p.style.stroke": 5, `p.getAttribute("stroke-dasharray")`: 3} {
		if n := browsertest.Eval[int](b, `new Set(`+curves+`.map(p => `+of+`)).size`); n != want {
			t.Errorf("%s has %d values, want %d", of, n, want)
		}
	}
	// Best values stand out without colour, too.
	weight := `getComputedStyle(document.querySelector("#tables td.best")).fontWeight`
	if weight := browsertest.Eval[string](b, weight); weight != "700" {
		t.Errorf("the best has weight %s", weight)
	}
	// What is folded up is reached by the keyboard, and its tables sort.
	b.Run(`document.querySelectorAll("#tables details").forEach(d => { d.open = true })`)
	b.Run(`document.querySelectorAll("#tables details table th button")[2].click()`)
	if order := browsertest.Eval[string](b,
		`document.querySelectorAll("#tables details table th")[2].getAttribute("aria-sort")`); order != "descending" {
		t.Errorf("sorted %q", order)
	}
}

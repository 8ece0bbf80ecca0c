package report_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate/archive/archivetest"
	"r2unet/evaluate/report"
	"r2unet/evaluate/report/browsertest"
)

// written writes a sweep with its report in report.html.
func written(t *testing.T) (folder string, page []byte) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "quick")
	archivetest.Copy(t, folder, 1)
	return folder, rewrite(t, folder)
}

func rewrite(t *testing.T, folder string) []byte {
	t.Helper()
	page, err := report.NewBuilder().Report(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "report.html"), page, 0o644); err != nil {
		t.Fatal(err)
	}
	return page
}

func TestReportIsOneFileThatNeedsNoNetwork(t *testing.T) {
	_, page := written(t)
	for _, match := range regexp.MustCompile(`(?i)(src|href)="([^"]*)"`).FindAllSubmatch(page, -1) {
		if to := string(match[2]); !strings.HasPrefix(to, "#") && !strings.HasPrefix(to, "data:") {
			t.Errorf("the page leads to %.80s", to)
		}
	}
	if at := bytes.Index(page, []byte("@import")); at >= 0 {
		t.Error("the style imports something")
	}
}

func TestReportIsAFunctionOfTheFolder(t *testing.T) {
	folder, page := written(t)
	if !bytes.Equal(page, rewrite(t, folder)) {
		t.Error("two reports of one folder differ")
	}
}

func TestReportTellsOfDamageAndKeepsTheRest(t *testing.T) {
	folder, _ := written(t)
	for file, text := range map[string]string{
		"runs/chase_db1-forward-t0/run.json":                            `{"result": `,
		"runs/chase_db1-residual-t0/history.csv":                        "epoch,train_loss\n1,zero\n",
		"runs/chase_db1-recurrent-residual-t2/predictions/Image_01.png": "no picture",
		"runs/chase_db1-recurrent-t2/curves.json":                       "",
		"runs/chase_db1-recurrent-residual-t3/run.json":                 `{"measures": 1}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, filepath.FromSlash(file)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page := string(rewrite(t, folder))
	for _, want := range []string{
		"chase_db1-forward-t0: run.json is damaged or half-written",
		"chase_db1-residual-t0: history.csv: line 2: train_loss is &#34;zero&#34;",
		"chase_db1-recurrent-t2: curves.json is empty",
		"chase_db1-recurrent-residual-t3: run.json has no &#34;result&#34;",
		"isic2017-recurrent-residual-t2",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestReportEscapesWhatItShows(t *testing.T) {
	folder, _ := written(t)
	path := filepath.Join(folder, "runs", "isic2017-recurrent-t2", "run.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	evil := strings.ReplaceAll(string(data), "epoch 3, step 41", `</script><img src=x onerror=alert(1)>`)
	evil = strings.ReplaceAll(evil, `"architecture": "RU-Net"`, `"architecture": "</script><b>"`)
	if err := os.WriteFile(path, []byte(evil), 0o644); err != nil {
		t.Fatal(err)
	}
	if page := string(rewrite(t, folder)); strings.Contains(page, "<img src=x") ||
		strings.Contains(page, "</script><b>") {
		t.Error("text of a run became markup")
	}
}

func TestReportInABrowser(t *testing.T) {
	b := browsertest.Start(t)
	folder, _ := written(t)
	for _, width := range []int64{390, 1440} {
		for _, dark := range []bool{false, true} {
			name := fmt.Sprintf("%d-%v", width, map[bool]string{false: "light", true: "dark"}[dark])
			t.Run(name, func(t *testing.T) {
				b.Look(width, dark)
				b.Open("file://" + filepath.Join(folder, "report.html"))
				checkPage(t, b, width, dark)
				b.Shot("report-" + name)
			})
		}
	}
}

func checkPage(t *testing.T, b *browsertest.Browser, width int64, dark bool) {
	t.Helper()
	if w := browsertest.Eval[int64](b, "document.documentElement.scrollWidth"); w > width {
		t.Errorf("the page is %d px wide in a window of %d", w, width)
	}
	background := browsertest.Eval[string](b, "getComputedStyle(document.body).backgroundColor")
	if want := map[bool]string{false: "rgb(255, 255, 255)", true: "rgb(20, 23, 27)"}[dark]; background != want {
		t.Errorf("background %s, want %s", background, want)
	}
	// There are two datasets with six charts each; the phantom's have the curves of three finished runs.
	if n := browsertest.Eval[int](b, `document.querySelectorAll(".chart").length`); n != 12 {
		t.Errorf("%d charts, want 12", n)
	}
	fewest := `Math.min(...[...document.querySelectorAll(".chart")].map(c => c.querySelectorAll("path.curve").length))`
	if n := browsertest.Eval[int](b, fewest); n < 3 {
		t.Errorf("a chart has %d curves", n)
	}

	// What is measured is in sight without scrolling.
	for _, table := range []string{"#overview table", "#runs table", "#tables #table-1 table"} {
		seen := `(() => { const table = document.querySelector("` + table + `"), box = table.parentElement;
			const head = [...table.querySelectorAll("th")].find(h => h.textContent.startsWith("F1"));
			return head.getBoundingClientRect().right <= box.getBoundingClientRect().right; })()`
		if !browsertest.Eval[bool](b, seen) {
			t.Errorf("F1 of %s is out of sight", table)
		}
	}

	// Hovering a curve shows values.
	b.Hover(`#curves .chart svg`)
	b.Eventually(`!document.querySelector("#curves .chart .tip").hidden`)
	inside := `(() => { const box = selector => document.querySelector(selector).getBoundingClientRect();
		const t = box("#curves .chart .tip"), c = box("#curves .chart");
		return t.left >= c.left && t.right <= c.right && t.top >= c.top && t.top <= c.bottom; })()`
	if !browsertest.Eval[bool](b, inside) {
		t.Error("the values are not shown beside the curve")
	}
	tip := browsertest.Eval[string](b, `document.querySelector("#curves .chart .tip").textContent`)
	if !regexp.MustCompile(`Epoch \d.*U-Net: 0\.\d{4}`).MatchString(tip) {
		t.Errorf("hovering says %q", tip)
	}

	// Tables sort, up and down, with missing values last.
	column := `[...document.querySelectorAll("#tables #table-1 table")][0]`
	values := `JSON.stringify([...` + column + `.tBodies[0].rows].map(r => r.cells[3].dataset.value))`
	for _, order := range []string{"descending", "ascending"} {
		b.Run(column + `.querySelectorAll("th button")[3].click()`)
		if got := browsertest.Eval[string](b,
			column+`.querySelectorAll("th")[3].getAttribute("aria-sort")`); got != order {
			t.Errorf("sorted %q, want %q", got, order)
		}
		checkSorted(t, browsertest.Eval[string](b, values), order == "ascending")
	}

	// The slider fades from the input to the prediction.
	b.Run(`const i = document.querySelector(".example input"); i.value = 3; i.dispatchEvent(new Event("input"))`)
	if top := browsertest.Eval[string](b,
		`[...document.querySelectorAll(".example img")][3].style.opacity`); top != "1" {
		t.Errorf("the last picture's opacity is %q at the end of the slider", top)
	}
	if n := browsertest.Eval[int](b,
		`[...document.querySelectorAll(".example img")].filter(i => i.naturalWidth > 0).length`); n != 24 {
		t.Errorf("%d pictures, want 2 datasets × 3 images × 4 layers", n)
	}
}

// TestChartOfAConstant: the axis of a constant learning rate has it in its middle, and hovering shows its digits.
func TestChartOfAConstant(t *testing.T) {
	b := browsertest.Start(t)
	folder, _ := written(t)
	b.Look(1440, false)
	b.Open("file://" + filepath.Join(folder, "report.html"))
	for rate, want := range map[string]struct{ middle, tip string }{
		"0.003":   {"0.003", "U-Net: 0.003"},
		"0.00002": {"0.00002", "U-Net: 0.00002"},
		"0.25":    {"0.25", "U-Net: 0.2500"},
		"0":       {"0.0", "U-Net: 0.0000"},
	} {
		b.Run(`document.querySelectorAll("#one").forEach(c => c.remove())`)
		b.Run(`const box = document.createElement("div"), data = document.createElement("script");
			box.id = "one"; box.className = "chart"; data.type = "application/json";
			data.textContent = JSON.stringify({
				title: "Learning rate", x: {label: "Epoch", whole: true}, y: {label: "Rate"},
				series: [{name: "U-Net", lines: [[[1, ` + rate + `], [2, ` + rate + `], [3, ` + rate + `]]]}]});
			box.append(data); document.body.prepend(box); drawChart(box)`)
		labels := browsertest.Eval[string](b, `[...document.querySelectorAll("#one svg text[text-anchor=end]")]`+
			`.map(l => l.textContent).join(" ")`)
		if !slices.Contains(strings.Fields(labels), want.middle) {
			t.Errorf("rate %s: the axis has %q, want %s among them", rate, labels, want.middle)
		}
		apart := `(() => {
			const box = s => [...document.querySelectorAll("#one svg " + s)].map(t => t.getBoundingClientRect());
			return Math.min(...box("text[text-anchor=end]").map(r => r.left)) - box("text.axis")[0].right; })()`
		if gap := browsertest.Eval[float64](b, apart); gap < 0 {
			t.Errorf("rate %s: numbers cover the axis's name by %.1f px", rate, -gap)
		}
		b.Hover(`#one svg`)
		b.Eventually(`!document.querySelector("#one .tip").hidden`)
		if tip := browsertest.Eval[string](b,
			`document.querySelector("#one .tip").textContent`); !strings.HasSuffix(tip, want.tip) {
			t.Errorf("rate %s: hovering says %q, want %q at its end", rate, tip, want.tip)
		}
	}
}

// checkSorted reads a JSON list of numbers as text, empty for missing ones.
func checkSorted(t *testing.T, list string, ascending bool) {
	t.Helper()
	var last float64
	missing, n := false, 0
	for _, text := range strings.Split(strings.Trim(list, "[]"), ",") {
		var v float64
		if text = strings.Trim(text, `"`); text == "" {
			missing = true
			continue
		}
		if _, err := fmt.Sscan(text, &v); err != nil {
			t.Fatal(err)
		}
		if missing {
			t.Errorf("%v stands after a missing value", v)
		}
		if n > 0 && (ascending && v < last || !ascending && v > last) {
			t.Errorf("%v stands after %v", v, last)
		}
		last = v
		n++
	}
	if n < 10 {
		t.Errorf("only %d numbers", n)
	}
}

// TestScreenshotForTheREADME takes the picture of a report that the README shows:
//
//	REPORT=results/reference/report.html SCREENSHOTS=$PWD/docs/pictures go test -run README ./evaluate/report
func TestScreenshotForTheREADME(t *testing.T) {
	path := os.Getenv("REPORT")
	if path == "" {
		t.Skip("REPORT names no report to take a picture of")
	}
	path, err := filepath.Abs(filepath.Join("..", "..", path))
	if err != nil {
		t.Fatal(err)
	}
	b := browsertest.Start(t)
	b.Look(1440, false)
	b.Open("file://" + path)
	for _, section := range []string{"overview", "curves", "images"} {
		b.Run(`document.getElementById("` + section + `").scrollIntoView({behavior: "instant"})`)
		b.View("report-" + section)
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	archivetest.Clean()
	os.Exit(code)
}

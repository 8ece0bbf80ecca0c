package board_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"r2unet/evaluate/archive/archivetest"
	"r2unet/evaluate/board"
	"r2unet/evaluate/report/browsertest"
)

// runsOf lists the runs on a page.
func runsOf(page string) (ids []string) {
	for _, m := range regexp.MustCompile(`data-run="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

func TestManyRunsAreShownByTheHundred(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "many")
	archivetest.Many(t, folder, 350)
	web := serve(t, folder)
	_, first := get(t, web.URL+"/")
	if !strings.Contains(first, "350 runs: 350 finished") || !strings.Contains(first, "page 1 of 4") ||
		len(runsOf(first)) != 100 {
		t.Errorf("the first page has %d runs", len(runsOf(first)))
	}
	if n := strings.Count(first, "<td>Net "); n != 100+100 {
		t.Errorf("%d cells name a network, want those of 100 runs and of 100 networks", n)
	}
	seen := map[string]bool{}
	for page := 1; page <= 4; page++ {
		_, text := get(t, web.URL+"/?page="+strconv.Itoa(page))
		for _, id := range runsOf(text) {
			seen[id] = true
		}
	}
	if len(seen) != 350 {
		t.Errorf("the four pages have %d runs", len(seen))
	}
	_, found := get(t, web.URL+"/?q="+url.QueryEscape("net-7- FINISHED"))
	if ids := runsOf(found); len(ids) != 4 || !strings.Contains(found, "4 of 350 runs") {
		t.Errorf("a search finds %v", ids)
	}
	status, run := get(t, web.URL+"/?run=drive-phantom-net-7-seed2")
	if status != http.StatusOK || !strings.Contains(run, "Training accuracy") || len(runsOf(run)) != 1 {
		t.Errorf("the page of a run: status %d, runs %v", status, runsOf(run))
	}
	for _, id := range []string{"no-such-run", "..", "../../etc", ".", "%00"} {
		if status, _ := get(t, web.URL+"/?run="+id); status != http.StatusNotFound {
			t.Errorf("run=%s: status %d", id, status)
		}
	}
}

func TestChangesAmongManyRunsReachThePage(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "many")
	archivetest.Many(t, folder, 250)
	web := serve(t, folder)
	_, page := get(t, web.URL+"/?q=seed3")
	_, rest, _ := strings.Cut(page, `data-version="`)
	version, _, _ := strings.Cut(rest, `"`)
	events := listen(t, web.URL+"/events?q=seed3&since="+version, "")
	path := filepath.Join(folder, "runs", "drive-phantom-net-7-seed3", "run.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), `"status":"finished"`, `"status":"failed","error":"loss is NaN"`, 1)
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if html, _ := nextSection(t, events, "runs"); !strings.Contains(html, "loss is NaN") ||
		!strings.Contains(html, "50 of 250 runs") {
		t.Errorf("the section does not tell of the failed run")
	}
}

func TestHeadOfEventsEnds(t *testing.T) {
	web := serve(t, sweep(t, "quick", 1))
	client := &http.Client{Timeout: 10 * time.Second}
	response, err := client.Head(web.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestManyRunsInABrowser(t *testing.T) {
	b := browsertest.Start(t)
	folder := filepath.Join(t.TempDir(), "many")
	archivetest.Many(t, folder, 250)
	web := serve(t, folder)
	for _, width := range []int64{360, 1440} {
		b.Look(width, width == 360)
		for name, address := range map[string]string{"first": "/", "run": "/?run=drive-phantom-net-7-seed2"} {
			b.Open(web.URL + address)
			b.Eventually(`document.getElementById("live-dot").classList.contains("on")`)
			if w := browsertest.Eval[int64](b, "document.documentElement.scrollWidth"); w > width {
				t.Errorf("%s: the page is %d px wide in a window of %d", name, w, width)
			}
			b.Shot("many-" + name + "-" + strconv.FormatInt(width, 10))
		}
	}
}

// BenchmarkTenThousandRuns measures a board on ten thousand runs: start, first page, memory, and the cost of
// a changed file:
//
//	go test -run xxx -bench TenThousandRuns -benchtime 3x ./evaluate/board
func BenchmarkTenThousandRuns(b *testing.B) {
	folder := filepath.Join(b.TempDir(), "many")
	archivetest.Many(b, folder, 10000)
	var start, page time.Duration
	var bytes int
	var memory runtime.MemStats
	for b.Loop() {
		before := time.Now()
		server, err := board.New([]string{folder}, time.Second)
		if err != nil {
			b.Fatal(err)
		}
		start += time.Since(before)
		before = time.Now()
		recorder := &counter{header: http.Header{}}
		request, err := http.NewRequest(http.MethodGet, "/", nil)
		if err != nil {
			b.Fatal(err)
		}
		server.ServeHTTP(recorder, request)
		page += time.Since(before)
		bytes = recorder.n
		runtime.ReadMemStats(&memory)
	}
	n := float64(b.N)
	b.ReportMetric(start.Seconds()/n, "s/start")
	b.ReportMetric(page.Seconds()/n*1e3, "ms/page")
	b.ReportMetric(float64(bytes)/1e6, "MB/page")
	b.ReportMetric(float64(memory.Sys)/1e6, "MB")
}

// counter counts the bytes written.
type counter struct {
	io.Writer
	header http.Header
	n      int
}

func (c *counter) Header() http.Header         { return c.header }
func (c *counter) WriteHeader(int)             {}
func (c *counter) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

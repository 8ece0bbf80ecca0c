package board_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"r2unet/evaluate/archive/archivetest"
	"r2unet/evaluate/board"
	"r2unet/evaluate/record"
	"r2unet/evaluate/report/browsertest"
)

// running is the run of archivetest.Sweep that is still running.
const running = "isic2017-recurrent-residual-t3"

// serve starts a board on folders; it ends with the test.
func serve(t *testing.T, folders ...string) *httptest.Server {
	t.Helper()
	s, err := board.New(folders, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { s.Run(ctx) })
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		cancel()
		web.CloseClientConnections()
		web.Close()
		following.Wait()
	})
	return web
}

func sweep(t *testing.T, name string, seed uint64) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), name)
	archivetest.Copy(t, folder, seed)
	return folder
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

// progress rewrites the running run's progress.
func progress(t *testing.T, folder string, p record.Progress) {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "runs", running, "progress.json")
	if err := os.WriteFile(path+".new", data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestBoardServesThePageAndNothingElse(t *testing.T) {
	folder := sweep(t, "quick", 1)
	web := serve(t, folder)
	if status, body := get(t, web.URL+"/"); status != http.StatusOK || !strings.Contains(body, "chase_db1-forward-t0") {
		t.Errorf("status %d", status)
	}
	for _, path := range []string{
		"/runs/chase_db1-forward-t0/run.json", "/report.html", "/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
		"/..%2f..%2fetc%2fpasswd",
		"/.git/config", "//etc/passwd", "/events/../../etc/passwd",
	} {
		request, err := http.NewRequest(http.MethodGet, web.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.URL.Opaque = path // not cleaned
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			continue // refused before reaching the board
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode < 400 || strings.Contains(string(body), "root:") {
			t.Errorf("%s: status %d", path, response.StatusCode)
		}
	}
}

func TestBoardOnlyReads(t *testing.T) {
	web := serve(t, sweep(t, "quick", 1))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		request, err := http.NewRequest(method, web.URL+"/", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d", method, response.StatusCode)
		}
	}
}

func TestBoardRefusesOtherHostNames(t *testing.T) {
	web := serve(t, sweep(t, "quick", 1))
	for host, want := range map[string]int{
		"evil.example": http.StatusForbidden, "localhost:80": http.StatusOK, "[::1]": http.StatusOK,
	} {
		request, err := http.NewRequest(http.MethodGet, web.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("host %s: status %d, want %d", host, response.StatusCode, want)
		}
	}
}

// nextSection reads events until the section arrives.
func nextSection(t *testing.T, in *bufio.Scanner, id string) (html, stamp string) {
	t.Helper()
	for in.Scan() {
		line := in.Text()
		if s, ok := strings.CutPrefix(line, "id: "); ok {
			stamp = s
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var section struct{ ID, HTML string }
		if err := json.Unmarshal([]byte(data), &section); err != nil {
			t.Fatal(err)
		}
		if section.ID == id {
			return section.HTML, stamp
		}
	}
	t.Fatalf("the events ended without section %s: %v", id, in.Err())
	return "", ""
}

// listen opens the stream of events.
func listen(t *testing.T, url, last string) *bufio.Scanner {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	in := bufio.NewScanner(response.Body)
	in.Buffer(nil, 64<<20)
	return in
}

func TestEventsBringOnlyWhatChanged(t *testing.T) {
	folder := sweep(t, "quick", 1)
	web := serve(t, folder)
	_, page := get(t, web.URL+"/")
	_, rest, _ := strings.Cut(page, `data-version="`)
	version, _, _ := strings.Cut(rest, `"`)
	events := listen(t, web.URL+"/events?since="+version, "")
	progress(t, folder, record.Progress{Phase: "train", Epoch: 4, Epochs: 8, Step: 77, Steps: 500, Loss: 0.2})
	html, stamp := nextSection(t, events, "runs")
	if !strings.Contains(html, "77 of 500") {
		t.Error("the section does not hold the new step")
	}
	// A browser that reconnects with the last stamp gets only what changed since.
	progress(t, folder, record.Progress{Phase: "train", Epoch: 4, Epochs: 8, Step: 78, Steps: 500, Loss: 0.2})
	again := listen(t, web.URL+"/events?since="+version, stamp)
	if html, _ := nextSection(t, again, "runs"); !strings.Contains(html, "78 of 500") {
		t.Error("the first section after coming back is an old one")
	}
	// The stamp of another server is ignored, so all sections are sent.
	if html, _ := nextSection(t, listen(t, web.URL+"/events?since=other-99", ""), "audit"); html == "" {
		t.Error("no audit")
	}
}

func TestBoardSurvivesAFolderThatVanishes(t *testing.T) {
	folder := sweep(t, "quick", 1)
	web := serve(t, folder)
	waitFor := func(text string, want bool) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Second)
		for {
			if _, page := get(t, web.URL+"/"); strings.Contains(page, text) == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("page has %q: still not %v", text, want)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	if err := os.Rename(folder, folder+"-away"); err != nil {
		t.Fatal(err)
	}
	waitFor("open results", true)
	waitFor("chase_db1-forward-t0", true)
	if err := os.Rename(folder+"-away", folder); err != nil {
		t.Fatal(err)
	}
	waitFor("open results", false)
}

func TestBoardSaysWhatFolderItWants(t *testing.T) {
	empty := t.TempDir()
	if _, err := board.New([]string{empty}, time.Second); err == nil ||
		!strings.Contains(err.Error(), "holds no folder runs") {
		t.Errorf("error %v", err)
	}
	both := t.TempDir()
	for _, profile := range []string{"quick", "smoke"} {
		if err := os.MkdirAll(filepath.Join(both, profile, "runs"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := board.New([]string{both}, time.Second); err == nil || !strings.Contains(err.Error(), "name one of") {
		t.Errorf("error %v", err)
	}
	if err := os.RemoveAll(filepath.Join(both, "smoke")); err != nil {
		t.Fatal(err)
	}
	if _, err := board.New([]string{both}, time.Second); err != nil {
		t.Errorf("the only profile is not taken: %v", err)
	}
	if _, err := board.New([]string{both, filepath.Join(both, "quick")}, time.Second); err == nil ||
		!strings.Contains(err.Error(), "is named twice") {
		t.Errorf("error %v", err)
	}
}

func TestFoldersStandSideBySide(t *testing.T) {
	folders := []string{sweep(t, "a", 1), sweep(t, "b", 2), sweep(t, "c", 3)}
	web := serve(t, folders...)
	_, page := get(t, web.URL+"/")
	for _, want := range append(folders, "<td>C − A</td>", "R2U-Net (t=2), shared", "CHASE_DB1") {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	b := browsertest.Start(t)
	for _, width := range []int64{360, 1440} {
		b.Look(width, width == 360)
		b.Open(web.URL)
		if w := browsertest.Eval[int64](b, "document.documentElement.scrollWidth"); w > width {
			t.Errorf("the page is %d px wide in a window of %d", w, width)
		}
		b.Shot(fmt.Sprintf("compare-%d", width))
	}
}

func TestNumbersMoveInABrowser(t *testing.T) {
	b := browsertest.Start(t)
	folder := sweep(t, "quick", 1)
	web := serve(t, folder)
	for _, width := range []int64{360, 1440} {
		for _, dark := range []bool{false, true} {
			b.Look(width, dark)
			b.Open(web.URL)
			b.Eventually(`document.getElementById("live-dot").classList.contains("on")`)
			// A table sorted by the reader stays sorted while numbers change.
			b.Run(`document.querySelectorAll("#runs th button")[6].click()`)
			row := fmt.Sprintf(`document.querySelector('tr[data-run="%s"]').textContent`, running)
			for step := 200; step <= 240; step += 20 {
				progress(t, folder,
					record.Progress{
						Phase: "train", Epoch: 5, Epochs: 8, Step: step + int(width), Steps: 2000, Loss: 0.25,
						SamplesPerSecond: 40, SecondsLeft: 60,
					})
				b.Eventually(fmt.Sprintf(`%s.includes("%d of 2000")`, row, step+int(width)))
			}
			if !browsertest.Eval[bool](b, `document.querySelectorAll("#runs th")[6].hasAttribute("aria-sort")`) {
				t.Error("the reader's order is lost")
			}
			b.Shot(fmt.Sprintf("board-%d-%v", width, dark))
		}
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	archivetest.Clean()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

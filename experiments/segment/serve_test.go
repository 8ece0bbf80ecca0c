package segment

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"r2unet/internal/device/ref"
)

// served starts a server with an untrained network that ends with the test.
func served(t *testing.T, change func(*server)) (url string, log func() string) {
	t.Helper()
	var output bytes.Buffer
	s, err := read(t.Context(), Options{
		Settings: Settings{Threshold: 0.5}, Checkpoints: []string{network(t, plain)}, Stdout: &output,
	},
		ref.New[float32]())
	if err == nil {
		err = s.ensemble.build(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	v := newServer(s, serving)
	if change != nil {
		change(v)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- v.serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String() + "/", func() string {
		v.mu.Lock()
		defer v.mu.Unlock()
		return output.String()
	}
}

// ask sends a request and returns the answer.
func ask(t *testing.T, method, url, kind string, body io.Reader) (r *http.Response, content []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	r, err = http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if content, err = io.ReadAll(r.Body); err != nil {
		t.Fatal(err)
	}
	return r, content
}

func TestServedMaskIsTheOneThatAFolderGets(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	file := picture(t, 23, 17)
	put(t, file, dir, "a.png")
	var checkpoint string
	url, log := served(t, func(v *server) { checkpoint = v.Checkpoints[0] })
	if _, _, err := segmented(t, checkpoint, dir, out); err != nil {
		t.Fatal(err)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	_ = w.WriteField("comment", "no file")
	part, err := w.CreateFormFile("image", "somebody's name.png")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(file)
	_ = w.Close()
	for _, c := range []struct{ as, kind, ending string }{
		{"", "", maskEnding},
		{"?as=mask", "image/png", maskEnding},
		{"?as=probability", "application/x-www-form-urlencoded", probabilityEnding}, // as curl --data-binary says
		{"?as=mask", w.FormDataContentType(), maskEnding},
	} {
		want, err := os.ReadFile(filepath.Join(out, "a"+c.ending))
		if err != nil {
			t.Fatal(err)
		}
		body := file
		if strings.HasPrefix(c.kind, "multipart") {
			body = form.Bytes()
		}
		r, got := ask(t, http.MethodPost, url+c.as, c.kind, bytes.NewReader(body))
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "image/png" || !bytes.Equal(got, want) {
			t.Errorf("%q as %q: status %s, %d bytes, want the file's %d", c.as, c.kind, r.Status, len(got), len(want))
		}
	}
	if said := log(); strings.Count(said, "POST") != 4 || !strings.Contains(said, "23×17 px") ||
		strings.Contains(said, "somebody") {
		t.Errorf("the log is %q", said)
	}
}

func TestServedOverlayAndAreas(t *testing.T) {
	url, _ := served(t, nil)
	file := picture(t, 23, 17)
	r, overlay := ask(t, http.MethodPost, url+"?as=overlay", "", bytes.NewReader(file))
	drawn, err := png.Decode(bytes.NewReader(overlay))
	if err != nil || r.StatusCode != http.StatusOK || drawn.Bounds().Dx() != 23 || drawn.Bounds().Dy() != 17 {
		t.Fatalf("%s, %v", r.Status, err)
	}
	_, mask := ask(t, http.MethodPost, url, "", bytes.NewReader(file))
	white, err := png.Decode(bytes.NewReader(mask))
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for y := range 17 {
		for x := range 23 {
			if v, _, _, _ := white.At(x, y).RGBA(); v > 0 {
				want++
			}
		}
	}
	_, content := ask(t, http.MethodPost, url+"?as=json", "", bytes.NewReader(file))
	var summary struct {
		Network       string
		Width, Height int
		Pixels        int
		Areas         []area
		Pictures      map[string]string
	}
	if err := json.Unmarshal(content, &summary); err != nil {
		t.Fatal(err)
	}
	share := float64(want) / (23 * 17)
	found := summary.Areas[0]
	if summary.Network == "" || summary.Width != 23 || summary.Height != 17 || summary.Pixels != 23*17 ||
		len(summary.Areas) != 1 || found.Class != "foreground" || found.Pixels != want || found.Share != share ||
		summary.Pictures != nil {
		t.Errorf("%s, want %d pixels of foreground", content, want)
	}
}

func TestWrongRequestsAreRefusedWithTheirReason(t *testing.T) {
	url, log := served(t, func(v *server) { v.limits.body = 10_000 })
	good := picture(t, 4, 4)
	form := func(text string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n" + text + "\r\n--b--\r\n"
	}
	for _, c := range []struct {
		method, path, kind string
		body               []byte
		status             int
		want               string
	}{
		{"POST", "", "", nil, 400, "holds no picture"},
		{"POST", "", "", []byte("hello"), 422, "this is no TIFF"},
		{"POST", "", "", good[:len(good)-20], 422, "damaged or cut off"},
		{"POST", "", "", claiming(t, 60000, 60000), 422, "claims 60000×60000 pixels, more than"},
		{"POST", "", "", make([]byte, 10_001), 413, "more than 10000 bytes"},
		{"POST", "?as=masks", "", good, 400, `as="masks": want all, json, mask, overlay or probability`},
		{"POST", "?thresold=1", "", good, 400, `unknown key "thresold"`},
		{"POST", "?as=overlay;page=2", "", good, 400, "the address cannot be read"},
		{"POST", "?as=%zz", "", good, 400, "the address cannot be read"},
		{"POST", "?as=json&as=mask", "", good, 400, "the address has as twice"},
		{"POST", "?page=0", "", good, 400, "want a number from 1"},
		{"POST", "?page=2", "", good, 422, "the file has 1 page, and no page 2"},
		{"POST", "mask", "", good, 404, "there is only /"},
		{"GET", "../../etc/passwd", "", nil, 404, "there is only /"},
		{"PUT", "", "", good, 405, "POST a picture"},
		{"POST", "", "multipart/form-data; boundary=b", []byte(form("text")), 400, "the form holds no file"},
		{"POST", "", "multipart/form-data; boundary=b", []byte("--b\r\nbroken"), 400, "read the request"},
	} {
		r, content := ask(t, c.method, url+c.path, c.kind, bytes.NewReader(c.body))
		if r.StatusCode != c.status || !strings.Contains(string(content), c.want) ||
			!strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s %s: %s, %q; want %d and %q", c.method, c.path, r.Status, content, c.status, c.want)
		}
		if !strings.Contains(log(), fmt.Sprint(c.status)) {
			t.Errorf("%s %s: the log does not say %d", c.method, c.path, c.status)
		}
	}
	if r, _ := ask(t, "POST", url, "", bytes.NewReader(good)); r.StatusCode != http.StatusOK {
		t.Errorf("a right request after them: %s", r.Status)
	}
}

func TestOtherSitesMayNotUseTheServer(t *testing.T) {
	url, log := served(t, nil)
	for header, value := range map[string]string{
		"Host": "example.org", "Origin": "https://example.org", "Sec-Fetch-Site": "cross-site",
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(picture(t, 3, 3)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(header, value)
		if header == "Host" {
			request.Host = value
		}
		r, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s: %s", header, value, r.Status)
		}
	}
	if n := strings.Count(log(), ` POST "/" 403: `); n != 3 {
		t.Errorf("the log has %d of 3 refusals:\n%s", n, log())
	}
}

func TestFullQueueSendsAwayAndSaysWhenToComeAgain(t *testing.T) {
	var v *server
	url, _ := served(t, func(s *server) { s.last = 3 * time.Second; v = s })
	for range serving.inside {
		v.inside <- struct{}{}
	}
	r, content := ask(t, http.MethodPost, url, "", bytes.NewReader(picture(t, 3, 3)))
	if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") != "24" ||
		!strings.Contains(string(content), "8 pictures are waiting already") {
		t.Errorf("%s, Retry-After %q, %q", r.Status, r.Header.Get("Retry-After"), content)
	}
	if r, _ := ask(t, http.MethodGet, url, "", nil); r.StatusCode != http.StatusOK {
		t.Errorf("the page: %s", r.Status)
	}
	<-v.inside
	if r, _ := ask(t, http.MethodPost, url, "", bytes.NewReader(picture(t, 3, 3))); r.StatusCode != http.StatusOK {
		t.Errorf("with a place: %s", r.Status)
	}
}

func TestSlowRequestsAreCutOff(t *testing.T) {
	url, _ := served(t, func(v *server) { v.limits.read = 200 * time.Millisecond })
	slow, write := io.Pipe()
	defer write.Close()
	go func() { _, _ = write.Write([]byte("P5")) }()
	if r, content := ask(t, http.MethodPost, url, "", slow); r.StatusCode != http.StatusRequestTimeout {
		t.Errorf("a body that does not come: %s, %q", r.Status, content)
	}
}

func TestWaitingHasALimit(t *testing.T) {
	var v *server
	url, _ := served(t, func(s *server) { s.limits.compute = 50 * time.Millisecond; v = s })
	v.turn <- struct{}{}
	defer func() { <-v.turn }()
	r, content := ask(t, http.MethodPost, url, "", bytes.NewReader(picture(t, 3, 3)))
	if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" ||
		!strings.Contains(string(content), "not computed within 50ms") {
		t.Errorf("%s, %q", r.Status, content)
	}
}

func TestServeEndsWithItsContextAndSaysWhereItListens(t *testing.T) {
	said, output := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	checkpoint := network(t, plain)
	go func() {
		err := Serve(ctx, Options{Checkpoints: []string{checkpoint}, Device: "ref", Stdout: output}, "127.0.0.1:0")
		_ = output.Close()
		ended <- err
	}()
	lines := bufio.NewScanner(said)
	url := ""
	for url == "" && lines.Scan() {
		url, _, _ = strings.Cut(lines.Text(), " ")
		if !strings.HasPrefix(url, "http://127.0.0.1:") {
			url = ""
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	r, page := ask(t, http.MethodGet, url, "", nil)
	if r.StatusCode != http.StatusOK || !strings.Contains(string(page), "not a medical device") {
		t.Errorf("the page: %s", r.Status)
	}
	if used := regexp.MustCompile(`(src|href)="[^"#]+"`).FindAllString(string(page), -1); len(used) != 1 {
		t.Errorf("the page uses %q, want an empty icon alone", used)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
	var bad *BadInput
	err := Serve(t.Context(), Options{Checkpoints: []string{checkpoint}, Device: "ref"}, "nowhere")
	if !errors.As(err, &bad) {
		t.Errorf("a wrong address: %v", err)
	}
}

func TestEndingServerRefusesThoseThatWait(t *testing.T) {
	var output bytes.Buffer
	s, err := read(t.Context(), Options{Checkpoints: []string{network(t, plain)}, Stdout: &output}, ref.New[float32]())
	if err == nil {
		err = s.ensemble.build(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	v := newServer(s, serving)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- v.serve(ctx, listener) }()
	v.turn <- struct{}{} // a picture is computed
	answered := make(chan int, 1)
	go func() {
		r, err := http.Post("http://"+listener.Addr().String(), "", bytes.NewReader(picture(t, 3, 3)))
		if err != nil {
			answered <- 0
			return
		}
		r.Body.Close()
		answered <- r.StatusCode
	}()
	for len(v.inside) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if status := <-answered; status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	<-v.turn
	if err := <-ended; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}

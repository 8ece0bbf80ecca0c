package segment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"r2unet/datasets/files"
	"r2unet/evaluate/board"
)

// refusal is an error with the status of its answer.
type refusal struct {
	status int
	error
}

func refuse(status int, format string, about ...any) error {
	return &refusal{status, fmt.Errorf(format, about...)}
}

// request is what a client asks for.
type request struct {
	as   string // one of answers
	page int    // of the file, from 1; 0 = its only one
	data []byte // the file
}

// visit is a line of the log. It names no file: names may be those of patients.
type visit struct {
	bytes            int
	size             string // of the picture
	waited, computed time.Duration
}

// ServeHTTP answers GET / with the page and POST / with a mask. All else is refused, and logged like them.
func (v *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.requests.Add(1)
	defer v.requests.Done()
	start := time.Now()
	var about visit
	status, err := v.handle(w, r, &about)
	if err != nil {
		status = v.fail(w, r, err)
	}
	text := fmt.Sprintf("%s %s %s %q %d", start.UTC().Format(time.RFC3339), r.RemoteAddr, r.Method,
		r.URL.RequestURI(), status)
	if about.bytes > 0 {
		text += fmt.Sprintf(", %d bytes", about.bytes)
	}
	if about.size != "" {
		text += fmt.Sprintf(" of %s px, waited %v, computed %v", about.size, about.waited.Round(time.Millisecond),
			about.computed.Round(time.Millisecond))
	}
	if err != nil {
		text += ": " + err.Error()
	}
	v.say("%s", text)
}

// handle answers a request and returns the status, or nothing and an error.
func (v *server) handle(w http.ResponseWriter, r *http.Request, about *visit) (status int, err error) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	origin := http.NewCrossOriginProtection().Check(r)
	switch {
	case !board.LocalHost(r):
		return 0, refuse(http.StatusForbidden, "this server answers only to the address it listens on")
	case origin != nil:
		return 0, refuse(http.StatusForbidden, "%w", origin)
	case r.URL.Path != "/":
		return 0, refuse(http.StatusNotFound, "there is only /: GET it for a page, POST a picture to it for a mask")
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return http.StatusOK, v.showPage(w)
	case r.Method != http.MethodPost:
		header.Set("Allow", "GET, HEAD, POST")
		return 0, refuse(http.StatusMethodNotAllowed, "GET / for a page, or POST a picture to it for a mask")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return 0, refuse(http.StatusBadRequest, "the address cannot be read: %w; it may end in ?as=json&page=2", err)
	}
	wanted, err := parse(query)
	if err != nil {
		return 0, err
	}
	select {
	case v.inside <- struct{}{}:
		defer func() { <-v.inside }()
	default:
		return 0, v.busy(w, "%d pictures are waiting already; come again later", v.limits.inside)
	}
	if wanted.data, err = readBody(w, r, v.limits.body); err != nil {
		return 0, err
	}
	about.bytes = len(wanted.data)
	answer, err := v.segmentOne(r.Context(), w, wanted, about)
	if err != nil {
		return 0, err
	}
	header.Set("Content-Type", answer.kind)
	header.Set("Content-Length", strconv.Itoa(len(answer.content)))
	header.Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", answer.name))
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(v.limits.write))
	if _, err := w.Write(answer.content); err != nil {
		return 0, fmt.Errorf("the client has gone: %w", err)
	}
	return http.StatusOK, nil
}

// parse reads the query, which is strict: a misspelled key must not give another kind of answer.
func parse(query url.Values) (request, error) {
	wanted := request{as: "mask"}
	for key, values := range query {
		if len(values) > 1 {
			return request{}, refuse(http.StatusBadRequest, "the address has %s twice", key)
		}
		value := values[0]
		switch key {
		case "as":
			if _, known := answers[value]; !known {
				return request{}, refuse(http.StatusBadRequest, "as=%q: want %s", value, answerNames())
			}
			wanted.as = value
		case "page":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return request{}, refuse(http.StatusBadRequest, "page=%q: want a number from 1", value)
			}
			wanted.page = n
		default:
			return request{}, refuse(http.StatusBadRequest, "unknown key %q of the address: there are as and page", key)
		}
	}
	return wanted, nil
}

// readBody reads the picture: the body itself, or the first file of a form.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body := http.MaxBytesReader(w, r.Body, limit)
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	from := io.Reader(body)
	if err == nil && kind == "multipart/form-data" {
		if from, err = firstFile(multipart.NewReader(body, parameters["boundary"])); err != nil {
			return nil, bodyError(err)
		}
	}
	data, err := io.ReadAll(from)
	switch {
	case err != nil:
		return nil, bodyError(err)
	case len(data) == 0:
		return nil, refuse(http.StatusBadRequest, "the request holds no picture: send the bytes of a file, as in "+
			"curl --data-binary @FILE, or a form with a file, as in curl -F image=@FILE")
	}
	return data, nil
}

// firstFile returns the content of a form's first file, which may be empty.
func firstFile(form *multipart.Reader) (io.Reader, error) {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, refuse(http.StatusBadRequest, "the form holds no file")
		}
		if err != nil || part.FileName() != "" {
			return part, err
		}
	}
}

// bodyError returns the answer to a body that could not be read.
func bodyError(err error) error {
	var large *http.MaxBytesError
	var refused *refusal
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &refused):
		return err
	case errors.As(err, &large):
		return refuse(http.StatusRequestEntityTooLarge, "the request has more than %d bytes, which are the most that "+
			"are read", large.Limit)
	case errors.As(err, &timeout) && timeout.Timeout():
		return refuse(http.StatusRequestTimeout, "the request did not arrive in time")
	}
	return refuse(http.StatusBadRequest, "read the request: %v", err)
}

// segmentOne waits for the device and makes the answer.
func (v *server) segmentOne(ctx context.Context, w http.ResponseWriter, wanted request, about *visit) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, v.limits.compute)
	defer cancel()
	start := time.Now()
	select {
	case <-v.ending:
		return answer{}, v.busy(w, "the server is ending")
	case <-ctx.Done():
		return answer{}, v.interrupted(ctx, w)
	case v.turn <- struct{}{}:
		defer func() { <-v.turn }()
	}
	about.waited = time.Since(start)
	select {
	case <-v.ending: // a token may have been there as well
		return answer{}, v.busy(w, "the server is ending")
	default:
	}
	start = time.Now()
	page, err := onlyPage(wanted)
	if err != nil {
		return answer{}, err
	}
	p, err := v.compute(ctx, "the picture", wanted.data, page)
	about.computed = time.Since(start)
	var wrong *unreadable
	switch {
	case ctx.Err() != nil:
		return answer{}, v.interrupted(ctx, w)
	case errors.As(err, &wrong):
		return answer{}, refuse(http.StatusUnprocessableEntity, "%w", err)
	case err != nil:
		return answer{}, err
	}
	about.size = fmt.Sprintf("%d×%d", p.Width, p.Height)
	made := v.mark(wanted.data)
	made.Doubts = p.Doubts
	if pages, err := files.Pages(wanted.data); err == nil && pages > 1 {
		made.Page, made.Pages = page+1, pages
	}
	a, err := answers[wanted.as](v, p, made)
	v.mu.Lock()
	v.last = time.Since(start)
	v.mu.Unlock()
	return a, err
}

// onlyPage returns the index of the wanted page of the file, from 0.
func onlyPage(wanted request) (int, error) {
	pages, err := files.Pages(wanted.data)
	switch {
	case err != nil:
		return 0, refuse(http.StatusUnprocessableEntity, "decode the picture: %w", err)
	case wanted.page > pages:
		return 0, refuse(http.StatusUnprocessableEntity, "the file has %s, and no page %d",
			count(pages, "page", "pages"), wanted.page)
	case wanted.page == 0 && pages > 1:
		return 0, refuse(http.StatusUnprocessableEntity, "the file has %d pages: name one, as in /?page=1", pages)
	}
	return max(0, wanted.page-1), nil
}

// busy refuses a request that may come again, after about the time that those inside take.
func (v *server) busy(w http.ResponseWriter, format string, about ...any) error {
	v.mu.Lock()
	wait := time.Duration(len(v.inside)) * v.last
	v.mu.Unlock()
	seconds := min(max(1, int(wait.Round(time.Second)/time.Second)), 600)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return refuse(http.StatusServiceUnavailable, format, about...)
}

// interrupted says why a context has ended.
func (v *server) interrupted(ctx context.Context, w http.ResponseWriter) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return v.busy(w, "the picture was not computed within %v", v.limits.compute)
	}
	return v.busy(w, "the request has ended before its picture was computed")
}

// fail answers with an error's text.
func (v *server) fail(w http.ResponseWriter, r *http.Request, err error) (status int) {
	status = http.StatusInternalServerError
	var refused *refusal
	if errors.As(err, &refused) {
		status = refused.status
	}
	if r.Method != http.MethodGet && status != http.StatusUnprocessableEntity {
		w.Header().Set("Connection", "close") // its body may not have been read
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(v.limits.write))
	http.Error(w, err.Error(), status)
	return status
}

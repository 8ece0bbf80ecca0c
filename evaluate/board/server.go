// Package board serves the report of a results folder while a sweep writes it. It is read-only, answers at
// two addresses, and pushes changes to the browser as server-sent events.
package board

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/report"
)

// A Server shows one results folder, or several side by side. The caller runs [Server.Run] in a goroutine and
// waits for it.
type Server struct {
	source   source
	interval time.Duration
	epoch    string // identifies this server: versions of other servers are meaningless here

	mu       sync.Mutex
	version  int // of the newest section
	sections []versioned
	index    *archive.Index // of a folder with very many runs; sections are then unused
	changed  chan struct{}  // closed when version increases

	listeners chan struct{} // limits the browsers that follow changes
}

// versioned is a section with the version in which it last changed.
type versioned struct {
	report.Section
	version int
}

// heartbeat keeps proxies and sleeping laptops from closing an idle connection.
const heartbeat = 15 * time.Second

const (
	writeTimeout = 30 * time.Second // for a page or its changes
	maxListeners = 100              // browsers that follow changes
)

// New opens one results folder, or several to compare, and makes the first page. The folders are polled every
// interval.
func New(folders []string, interval time.Duration) (*Server, error) {
	src, err := newSource(folders)
	if err != nil {
		return nil, err
	}
	s := &Server{
		source: src, interval: interval, changed: make(chan struct{}),
		listeners: make(chan struct{}, maxListeners),
		epoch:     fmt.Sprintf("%x", time.Now().UnixNano()),
	}
	if err := s.refresh(); err != nil {
		return nil, err
	}
	return s, nil
}

// Run polls the folders until the context ends. If a folder disappears, the page keeps its content and
// polling goes on.
func (s *Server) Run(ctx context.Context) {
	wait := time.NewTimer(s.interval)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
			start := time.Now()
			if err := s.refresh(); err != nil {
				s.replace([]report.Section{report.Notice("overview", "Overview", err.Error())}, false)
			}
			wait.Reset(max(s.interval, lookShare*time.Since(start)))
		}
	}
}

// lookShare bounds the share of time spent polling a large folder.
const lookShare = 20

// refresh polls the folders and renews the sections that changed.
func (s *Server) refresh() error {
	if s.source.large() {
		return s.refreshIndex()
	}
	if s.source.unchanged() && s.large() == nil {
		return nil
	}
	sections, err := s.source.sections()
	if err != nil {
		return err
	}
	s.replace(sections, true)
	return nil
}

// replace stores the sections that differ. With all, sections that are not among them are removed.
func (s *Server) replace(sections []report.Section, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := map[string]versioned{}
	for _, section := range s.sections {
		before[section.ID] = section
	}
	next := s.version + 1
	grown := false
	var kept []versioned
	for _, section := range sections {
		old, known := before[section.ID]
		if known && old.Section == section {
			kept = append(kept, old)
			continue
		}
		grown = true
		kept = append(kept, versioned{section, next})
	}
	if !all {
		for _, old := range s.sections {
			if old.ID != kept[0].ID {
				kept = append(kept, old)
			}
		}
	}
	s.sections, s.index = kept, nil
	if grown {
		s.version = next
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// since returns the sections newer than a version, the newest version, and a channel that is closed at the
// next change.
func (s *Server) since(version int) (newer []versioned, newest int, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, section := range s.sections {
		if section.version > version {
			newer = append(newer, section)
		}
	}
	return newer, s.version, s.changed
}

// ServeHTTP answers / with the page and /events with its changes. All other paths are not found, so that no
// path can lead to a file.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// disconnects clients that do not read
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	if !LocalHost(r) {
		http.Error(w, "this board answers only to the address it listens on", http.StatusForbidden)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "the board is read-only", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "/":
		s.page(w, r)
	case "/events":
		s.events(w, r)
	default:
		http.NotFound(w, r)
	}
}

// LocalHost reports whether the request's host is allowed. On a loopback connection it must be a loopback
// name, since another web page could have pointed its name at this machine (DNS rebinding).
func LocalHost(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true
	}
	address, _, err := net.SplitHostPort(local.String())
	if err != nil || !net.ParseIP(address).IsLoopback() {
		return true // the user asked for another address
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	all, newest, _ := s.since(0)
	sections := make([]report.Section, len(all))
	for i, section := range all {
		sections[i] = section.Section
	}
	if index := s.large(); index != nil {
		var err error
		if sections, err = pageOf(index, r); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
	}
	page, err := report.Page(s.source.title(), sections, s.stamp(newest))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page) // an error means that the browser has gone
}

// stamp returns a string that identifies this server and a version.
func (s *Server) stamp(version int) string { return fmt.Sprintf("%s-%d", s.epoch, version) }

// parse returns the version of a stamp; 0 if it is of another server.
func (s *Server) parse(stamp string) int {
	epoch, number, _ := strings.Cut(stamp, "-")
	version := 0
	if _, err := fmt.Sscanf(number, "%d", &version); err != nil || epoch != s.epoch {
		return 0
	}
	return version
}

// events pushes sections that are newer than the browser's.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return // a HEAD request has no body to wait for
	}
	control := http.NewResponseController(w)
	stamp := r.Header.Get("Last-Event-ID")
	if stamp == "" {
		stamp = r.URL.Query().Get("since")
	}
	version := s.parse(stamp)
	sent := sentSections{}
	select {
	case s.listeners <- struct{}{}:
		defer func() { <-s.listeners }()
	default:
		http.Error(w, fmt.Sprintf("%d browsers follow this board already; close one", maxListeners),
			http.StatusServiceUnavailable)
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	if _, err := fmt.Fprint(w, "retry: 2000\n\n"); err != nil {
		return
	}
	for {
		newer, newest, more := s.since(version)
		if index := s.large(); index != nil {
			if newer = nil; version != newest || len(sent) == 0 {
				newer = sent.newer(index, r, version == newest)
			}
		}
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		for _, section := range newer {
			data, err := json.Marshal(section.Section)
			if err != nil {
				return
			}
			if _, err := fmt.Fprintf(w, "event: section\nid: %s\ndata: %s\n\n", s.stamp(newest), data); err != nil {
				return
			}
		}
		version = newest
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-more:
		case <-beat.C:
			_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return
			}
		}
	}
}

package board

import (
	"errors"
	"net/http"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/report"
)

// large returns the index of a folder with very many runs; nil if one page shows everything.
func (s *Server) large() *archive.Index {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index
}

// refreshIndex rereads what has changed in a folder with very many runs. Pages are made on request.
func (s *Server) refreshIndex() error {
	index := s.large()
	changed := index == nil
	var err error
	if index == nil {
		index, err = archive.OpenIndex(s.source.folders[0])
	} else {
		changed, err = index.Refresh()
	}
	if err != nil || !changed {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index, s.sections = index, nil
	s.version++
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// pageOf makes the sections of the requested page: of all runs, or of one of them.
func pageOf(index *archive.Index, r *http.Request) ([]report.Section, error) {
	id := r.URL.Query().Get("run")
	if id == "" {
		return report.Index(index, report.ParseQuery(r.URL.Query())), nil
	}
	if !index.Has(id) {
		return nil, errors.New("there is no run of that name; all runs are at /")
	}
	s, err := archive.OpenRun(index.Path, id)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return report.NewBuilder().Run(s), nil
}

// sentSections holds the sections that a browser has, by ID.
type sentSections map[string]report.Section

// newer makes the requested page again and returns the sections that changed since they were sent. With has,
// the browser has the current page, so that all sections count as sent.
func (sent sentSections) newer(index *archive.Index, r *http.Request, has bool) (newer []versioned) {
	sections, err := pageOf(index, r)
	if err != nil {
		sections = []report.Section{report.Notice("overview", "Overview", err.Error())}
	}
	for _, section := range sections {
		if sent[section.ID] != section && !has {
			newer = append(newer, versioned{section, 0})
		}
		sent[section.ID] = section
	}
	return newer
}

package board

import (
	"errors"
	"net/http"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/report"
)

// large is the index of a folder of very many runs, nil where the page has everything.
func (s *Server) large() *archive.Index {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index
}

// refreshIndex reads again what has changed in a folder of very many runs. Pages are made when somebody asks for them.
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

// pageOf makes the sections of the page that a request asks for: of the runs, or of one of them.
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

// sentSections are the sections that a browser has, by their IDs.
type sentSections map[string]report.Section

// newer makes the page that a request asks for anew and returns what the browser has not. With has, it has got the page as it is.
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

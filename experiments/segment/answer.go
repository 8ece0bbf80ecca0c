package segment

import (
	"bytes"
	_ "embed" // the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"image/png"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// answer is a file sent to a client.
type answer struct {
	kind, name string // media type, and the name under which a browser stores it
	content    []byte
}

// answers makes the kinds of answers.
var answers = map[string]func(v *server, r prediction, made mark) (answer, error){
	"mask":        drawn(1),
	"probability": drawn(0),
	"overlay": func(_ *server, r prediction, _ mark) (answer, error) {
		content, err := r.overlay()
		return answer{"image/png", "overlay.png", content}, err
	},
	"json": func(v *server, r prediction, _ mark) (answer, error) { return v.summary(r, nil) },
	"all":  everything,
}

func answerNames() string {
	names := slices.Sorted(maps.Keys(answers))
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// drawn gives one of the files that segment would write, with the same bytes.
func drawn(which int) func(*server, prediction, mark) (answer, error) {
	return func(_ *server, r prediction, made mark) (answer, error) {
		content, err := r.draw(made)
		if err != nil {
			return answer{}, err
		}
		return answer{"image/png", kinds[which] + ".png", content[which]}, nil
	}
}

// everything gives the summary with all pictures, for the page.
func everything(v *server, r prediction, made mark) (answer, error) {
	content, err := r.draw(made)
	if err != nil {
		return answer{}, err
	}
	overlay, err := r.overlay()
	if err != nil {
		return answer{}, err
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, shown(r.picture)); err != nil {
		return answer{}, fmt.Errorf("draw the picture: %w", err)
	}
	pictures := map[string]string{}
	for name, file := range map[string][]byte{
		"probability": content[0], "mask": content[1], "overlay": overlay, "picture": picture.Bytes(),
	} {
		pictures[name] = base64.StdEncoding.EncodeToString(file)
	}
	return v.summary(r, pictures)
}

// summary gives the areas of a picture's classes and warnings about it.
func (v *server) summary(r prediction, pictures map[string]string) (answer, error) {
	areas, pixels := r.areas()
	content, err := json.Marshal(struct {
		about
		Width    int               `json:"width"`
		Height   int               `json:"height"`
		Pixels   int               `json:"pixels"` // that shares are of
		Areas    []area            `json:"areas"`
		Warnings []string          `json:"warnings"`
		Pictures map[string]string `json:"pictures,omitempty"` // PNG files in base64, by their names
	}{v.about, r.width, r.height, pixels, areas, append([]string{}, r.doubts...), pictures})
	if err != nil {
		return answer{}, fmt.Errorf("write the summary: %w", err)
	}
	return answer{"application/json", "summary.json", append(content, '\n')}, nil
}

//go:embed page/serve.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// showPage sends the page to which pictures can be dropped.
func (v *server) showPage(w http.ResponseWriter) error {
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, map[string]any{
		"About": v.about, "Title": v.about.title(), "Largest": v.limits.body >> 20,
	}); err != nil {
		return fmt.Errorf("make the page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src blob:; style-src 'unsafe-inline'; "+
		"script-src 'unsafe-inline'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	_, _ = w.Write(page.Bytes()) // an error means that the browser has gone
	return nil
}

package segment

import (
	"bytes"
	_ "embed" // the page
	"encoding/base64"
	"encoding/json"
	"errors"
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
var answers = map[string]func(v *server, p *Prediction, made mark) (answer, error){
	"mask":        drawn(maskOutput),
	"probability": drawn(probabilityOutput),
	"overlay": func(_ *server, p *Prediction, _ mark) (answer, error) {
		content, err := p.OverlayPNG()
		return answer{"image/png", "overlay.png", content}, err
	},
	"json": func(v *server, p *Prediction, _ mark) (answer, error) { return v.summary(p, nil) },
	"all":  everything,
}

func answerNames() string {
	names := slices.Sorted(maps.Keys(answers))
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// drawn gives one of the files that segment would write, with the same bytes.
func drawn(o output) func(*server, *Prediction, mark) (answer, error) {
	return func(_ *server, p *Prediction, made mark) (answer, error) {
		content, err := p.file(o, made)
		return answer{"image/png", o.kind + ".png", content}, err
	}
}

// everything gives the summary with all pictures, for the page.
func everything(v *server, p *Prediction, made mark) (answer, error) {
	probability, err1 := p.file(probabilityOutput, made)
	mask, err2 := p.file(maskOutput, made)
	overlay, err3 := p.OverlayPNG()
	if err := errors.Join(err1, err2, err3); err != nil {
		return answer{}, err
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, p.shown()); err != nil {
		return answer{}, fmt.Errorf("draw the picture: %w", err)
	}
	pictures := map[string]string{}
	for name, file := range map[string][]byte{
		"probability": probability, "mask": mask, "overlay": overlay, "picture": picture.Bytes(),
	} {
		pictures[name] = base64.StdEncoding.EncodeToString(file)
	}
	return v.summary(p, pictures)
}

// summary gives the areas of a picture's classes and warnings about it.
func (v *server) summary(p *Prediction, pictures map[string]string) (answer, error) {
	content, err := json.Marshal(struct {
		about
		Width    int               `json:"width"`
		Height   int               `json:"height"`
		Pixels   int               `json:"pixels"` // that shares are of
		Areas    []area            `json:"areas"`
		Warnings []string          `json:"warnings"`
		Pictures map[string]string `json:"pictures,omitempty"` // PNG files in base64, by their names
	}{v.about, p.Width, p.Height, p.inside(), p.areas([2]float64{}), append([]string{}, p.Doubts...), pictures})
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
		"About": v.about, "Largest": v.limits.body >> 20,
		"Colours": overlayHex(),
	}); err != nil {
		return fmt.Errorf("make the page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src blob:; style-src 'unsafe-inline'; "+
		"script-src 'unsafe-inline'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	_, _ = w.Write(page.Bytes()) // an error means that the browser has gone
	return nil
}

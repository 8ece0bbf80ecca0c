package segment

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"r2unet/experiments/marks"
	"r2unet/experiments/matrix"
	"r2unet/experiments/postprocess"
)

// mark describes a result in its file. By it segment recognizes its own results, whatever their names and folders, and
// decides whether they would be computed to the same bytes again.
type mark = marks.Mark

// signFloats encodes planes of floats as a TIFF file with a mark.
func signFloats(planes []float32, width, height int, m mark) (file []byte, err error) {
	m.Content = marks.Hash(nil) // of the length that it will have: offsets in the file depend on that
	for range 2 {
		text, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("encode what is known of a result: %w", err)
		}
		if file, err = floats(planes, width, height, marks.Keyword+" "+ascii(text)); err != nil {
			return nil, err
		}
		_, start, end, ok := marks.Parse(file)
		if !ok {
			return nil, errors.New("what is known of a result does not fit into its file")
		}
		m.Content = marks.Hash(file[:start], file[end:])
	}
	return file, nil
}

// ascii escapes what is not ASCII in JSON.
func ascii(text []byte) string {
	var out strings.Builder
	for _, r := range string(text) {
		if r < utf8.RuneSelf {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&out, "\\u%04x", unit)
		}
	}
	return out.String()
}

// unchanged reports whether a file is exactly as segment wrote it.
func unchanged(path string) (bool, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	m, start, end, ok := marks.Parse(content)
	return ok && m.Content == marks.Hash(content[:start], content[end:]), nil
}

// difference says why a result with this mark would be different now; "" if it would be the same.
func difference(m, now mark) string {
	switch {
	case m.Kind != now.Kind:
		return fmt.Sprintf("the file of the %s was a %s", now.Kind, m.Kind)
	case m.Image != now.Image:
		return "the image has changed"
	case m.Network != now.Network:
		return "another checkpoint made it"
	case m.TTA != now.TTA:
		return fmt.Sprintf("tta was %s", cmp.Or(m.TTA, matrix.TTANone))
	case m.Threshold != now.Threshold:
		return fmt.Sprintf("the threshold was %g", m.Threshold)
	case m.Post != now.Post:
		return fmt.Sprintf("post was %s", cmp.Or(m.Post, postprocess.None))
	case m.Stride != now.Stride || m.Patch != now.Patch || m.Window != now.Window || m.Overlap != now.Overlap:
		return "it was made from other patches"
	case m.Device != now.Device:
		return fmt.Sprintf("it was made on %s", m.Device)
	case m.Code != now.Code:
		return "another version of the program made it"
	case m.Page != now.Page || m.Pages != now.Pages:
		return "the image has other pages"
	}
	return ""
}

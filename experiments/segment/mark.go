package segment

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"r2unet/datasets/files"
	"r2unet/experiments/matrix"
	"r2unet/experiments/postprocess"
)

// mark describes a result in a text chunk of its PNG file, or in the description of its TIFF file. By it segment
// recognizes its own results, whatever their names and folders, and decides whether they would be computed to the same
// bytes again.
type mark struct {
	Kind      string   `json:"kind"`            // of output
	Image     string   `json:"image"`           // SHA-256 of the image's file
	Page      int      `json:"page,omitempty"`  // from 1, of a file of several
	Pages     int      `json:"pages,omitempty"` // … and how many it has
	Network   string   `json:"network"`         // Ensemble.Hash
	Threshold float64  `json:"threshold"`
	TTA       string   `json:"tta,omitempty"`
	Post      string   `json:"post,omitempty"`
	Stride    int      `json:"stride,omitempty"` // px
	Patch     int      `json:"patch,omitempty"`  // px
	Window    int      `json:"window,omitempty"` // px
	Overlap   float64  `json:"overlap,omitempty"`
	Inside    int      `json:"inside,omitempty"` // pixels inside the field of view, where areas are asked for
	Device    string   `json:"device"`           // device.Arithmetic: determines the bits of results
	Code      string   `json:"code"`             // of the program
	Doubts    []string `json:"doubts,omitempty"` // warnings, see doubts.go
	Content   string   `json:"content"`          // SHA-256 of the file without this
}

const (
	keyword    = "r2unet segment"
	chunkStart = 33                                        // after the signature and the header, whose size is fixed
	chunkFrame = 12                                        // length, type and checksum around a chunk's data
	largest    = files.HeadBytes - chunkStart - chunkFrame // size of a chunk in bytes, more than any mark has
)

// sign inserts a mark into a PNG file.
func sign(png []byte, m mark) ([]byte, error) {
	m.Content = hash(png)
	text, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode what is known of a result: %w", err)
	}
	data := append([]byte("tEXt"+keyword+"\x00"), text...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)-4))
	chunk = append(chunk, data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(data))
	return bytes.Join([][]byte{png[:chunkStart], chunk, png[chunkStart:]}, nil), nil
}

const tiffStart = 8 // of the description, after the header

// signFloats encodes planes of floats as a TIFF file with a mark.
func signFloats(planes []float32, width, height int, m mark) (file []byte, err error) {
	m.Content = hash(nil) // of the length that it will have: offsets in the file depend on that
	for range 2 {
		text, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("encode what is known of a result: %w", err)
		}
		if file, err = floats(planes, width, height, keyword+" "+ascii(text)); err != nil {
			return nil, err
		}
		_, start, end, ok := parseMark(file)
		if !ok {
			return nil, errors.New("what is known of a result does not fit into its file")
		}
		m.Content = hash(file[:start], file[end:])
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

// parseMark decodes the mark in the first bytes of a file and returns where it begins and ends.
func parseMark(head []byte) (m mark, start, end int, ok bool) {
	if bytes.HasPrefix(head, []byte("II*\x00")) && len(head) > tiffStart {
		text, _, ended := bytes.Cut(head[tiffStart:], []byte{0})
		about, ours := bytes.CutPrefix(text, []byte(keyword+" "))
		if !ended || !ours || json.Unmarshal(about, &m) != nil {
			return mark{}, 0, 0, false
		}
		return m, tiffStart, tiffStart + len(text), true
	}
	if !bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")) || len(head) < chunkStart+chunkFrame {
		return mark{}, 0, 0, false
	}
	n := binary.BigEndian.Uint32(head[chunkStart:])
	if n > largest || uint32(len(head)-chunkStart-chunkFrame) < n {
		return mark{}, 0, 0, false
	}
	data := head[chunkStart+8:][:n]
	text, ours := bytes.CutPrefix(data, []byte(keyword+"\x00"))
	if string(head[chunkStart+4:][:4]) != "tEXt" || !ours || json.Unmarshal(text, &m) != nil {
		return mark{}, 0, 0, false
	}
	return m, chunkStart, chunkStart + chunkFrame + int(n), true
}

// readMark reads the mark of a file; ok reports whether it has one. A file that is not regular is an error.
func readMark(path string) (m mark, ok bool, err error) {
	head, err := readHead(path)
	if err != nil {
		return mark{}, false, err
	}
	m, _, _, ok = parseMark(head)
	return m, ok, nil
}

var errNotRegular = errors.New("is not a regular file")

// readHead reads enough of a file to recognize it.
func readHead(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening: opening a pipe would block until somebody writes into it
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, files.HeadBytes))
}

// unchanged reports whether a file is exactly as segment wrote it.
func unchanged(path string) (bool, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	m, start, end, ok := parseMark(content)
	return ok && m.Content == hash(content[:start], content[end:]), nil
}

// hash returns the SHA-256 of the concatenated parts.
func hash(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// difference says why a result with this mark would be different now; "" if it would be the same.
func (m mark) difference(now mark) string {
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

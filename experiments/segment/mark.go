package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"r2unet/datasets/files"
)

// mark describes a result in a text chunk of its PNG file. By it segment recognizes its own results, whatever their
// names and folders, and decides whether they would be computed to the same bytes again.
type mark struct {
	Kind      string   `json:"kind"`            // "mask" or "probability"
	Image     string   `json:"image"`           // SHA-256 of the image's file
	Page      int      `json:"page,omitempty"`  // from 1, of a file of several
	Pages     int      `json:"pages,omitempty"` // … and how many it has
	Network   string   `json:"network"`         // content hash of the checkpoint
	Threshold float64  `json:"threshold"`
	Stride    int      `json:"stride,omitempty"` // px
	Patch     int      `json:"patch,omitempty"`  // px
	Device    string   `json:"device"`           // device.Arithmetic: determines the bits of results
	Code      string   `json:"code"`             // of the program
	Doubts    []string `json:"doubts,omitempty"` // warnings, see doubts.go
	Content   string   `json:"content"`          // SHA-256 of the PNG file without this chunk
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

// parseMark decodes the mark in the first bytes of a file and returns where it ends.
func parseMark(head []byte) (m mark, end int, ok bool) {
	if !bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")) || len(head) < chunkStart+chunkFrame {
		return mark{}, 0, false
	}
	n := binary.BigEndian.Uint32(head[chunkStart:])
	if n > largest || uint32(len(head)-chunkStart-chunkFrame) < n {
		return mark{}, 0, false
	}
	data := head[chunkStart+8:][:n]
	text, ours := bytes.CutPrefix(data, []byte(keyword+"\x00"))
	if string(head[chunkStart+4:][:4]) != "tEXt" || !ours || json.Unmarshal(text, &m) != nil {
		return mark{}, 0, false
	}
	return m, chunkStart + chunkFrame + int(n), true
}

// readMark reads the mark of a file; ok reports whether it has one. A file that is not regular is an error.
func readMark(path string) (m mark, ok bool, err error) {
	head, err := readHead(path)
	if err != nil {
		return mark{}, false, err
	}
	m, _, ok = parseMark(head)
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
	m, end, ok := parseMark(content)
	return ok && m.Content == hash(content[:chunkStart], content[end:]), nil
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
	case m.Threshold != now.Threshold:
		return fmt.Sprintf("the threshold was %g", m.Threshold)
	case m.Stride != now.Stride || m.Patch != now.Patch:
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

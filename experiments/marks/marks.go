// Package marks reads and writes what segment notes of a result in its file.
package marks

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

// A Mark describes a result in a text chunk of its PNG file, or in the description of its TIFF file. By it segment
// recognizes its own results, whatever their names and folders, and decides whether they would be computed to the same
// bytes again.
type Mark struct {
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
	// Keyword begins a mark.
	Keyword    = "r2unet segment"
	tiffStart  = 8                                         // of the description, after the header
	chunkStart = 33                                        // after the signature and the header, whose size is fixed
	chunkFrame = 12                                        // length, type and checksum around a chunk's data
	largest    = files.HeadBytes - chunkStart - chunkFrame // size of a chunk in bytes, more than any mark has
)

// Sign inserts a mark into a PNG file.
func Sign(png []byte, m Mark) ([]byte, error) {
	m.Content = Hash(png)
	text, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode what is known of a result: %w", err)
	}
	data := append([]byte("tEXt"+Keyword+"\x00"), text...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)-4))
	chunk = append(chunk, data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(data))
	return bytes.Join([][]byte{png[:chunkStart], chunk, png[chunkStart:]}, nil), nil
}

// Parse decodes the mark in the first bytes of a file and returns where it begins and ends.
func Parse(head []byte) (m Mark, start, end int, ok bool) {
	if bytes.HasPrefix(head, []byte("II*\x00")) && len(head) > tiffStart {
		text, _, ended := bytes.Cut(head[tiffStart:], []byte{0})
		about, ours := bytes.CutPrefix(text, []byte(Keyword+" "))
		if !ended || !ours || json.Unmarshal(about, &m) != nil {
			return Mark{}, 0, 0, false
		}
		return m, tiffStart, tiffStart + len(text), true
	}
	if !bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")) || len(head) < chunkStart+chunkFrame {
		return Mark{}, 0, 0, false
	}
	n := binary.BigEndian.Uint32(head[chunkStart:])
	if n > largest || uint32(len(head)-chunkStart-chunkFrame) < n {
		return Mark{}, 0, 0, false
	}
	data := head[chunkStart+8:][:n]
	text, ours := bytes.CutPrefix(data, []byte(Keyword+"\x00"))
	if string(head[chunkStart+4:][:4]) != "tEXt" || !ours || json.Unmarshal(text, &m) != nil {
		return Mark{}, 0, 0, false
	}
	return m, chunkStart, chunkStart + chunkFrame + int(n), true
}

// Read reads the mark of a file; ok reports whether it has one. A file that is not regular is an error.
func Read(path string) (m Mark, ok bool, err error) {
	head, err := Head(path)
	if err != nil {
		return Mark{}, false, err
	}
	m, _, _, ok = Parse(head)
	return m, ok, nil
}

// ErrNotRegular is the error of a folder, a pipe or a device in place of a file.
var ErrNotRegular = errors.New("is not a regular file")

// Head reads enough of a file to recognize it.
func Head(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening: opening a pipe would block until somebody writes into it
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, files.HeadBytes))
}

// Hash returns the SHA-256 of the concatenated parts.
func Hash(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

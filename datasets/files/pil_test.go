package files

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestFilesDecodeAsPILShowsThem compares the pixels of small files of many kinds with PIL's, see testdata/pil.py.
// Decoders of lossy formats may differ by rounding.
func TestFilesDecodeAsPILShowsThem(t *testing.T) {
	const folder = "testdata/pil"
	index, err := os.ReadFile(filepath.Join(folder, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		File, Pixels, Alpha                string
		Width, Height, Channels, Tolerance int
	}
	if err := json.Unmarshal(index, &list); err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		t.Run(f.File, func(t *testing.T) {
			data := mustRead(t, filepath.Join(folder, f.File))
			m, err := Decode(t.Context(), data)
			if err != nil {
				t.Fatal(err)
			}
			if m.Width != f.Width || m.Height != f.Height {
				t.Fatalf("%d×%d, PIL has %d×%d", m.Width, m.Height, f.Width, f.Height)
			}
			h, err := ReadHeader(f.File, data)
			if err != nil || h.Width != m.Width || h.Height != m.Height || h.Orientation > 1 != (m.Orientation > 1) {
				t.Errorf("the header says %+v, %v", h, err)
			}
			want, err := hex.DecodeString(f.Pixels)
			if err != nil {
				t.Fatal(err)
			}
			if size := m.Width * m.Height * m.Type.Bytes(); m.Channels == 1 && f.Channels == 3 && len(want) == 3*size {
				want = bytes.Clone(want) // a palette of greys is decoded to grey
				for i := range size {
					want[i] = want[3*i]
				}
				want = want[:size]
			}
			if len(m.Data) != len(want) {
				t.Fatalf("%d channels of %v, PIL has %d channels in %d bytes",
					m.Channels, m.Type, f.Channels, len(want))
			}
			for i, v := range m.Data {
				if d := int(v) - int(want[i]); max(d, -d) > f.Tolerance {
					t.Fatalf("byte %d is %d, PIL has %d", i, v, want[i])
				}
			}
			if got := hex.EncodeToString(m.Alpha); got != f.Alpha {
				t.Errorf("alpha is %s, PIL has %s", got, f.Alpha)
			}
		})
	}
}

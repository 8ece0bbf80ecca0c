package netpbm

import (
	"bytes"
	"strings"
	"testing"

	"r2unet/datasets/raster"
	"r2unet/internal/alloctest"
)

// FuzzDecode: data decode to a picture no larger than they are, or give an error that names the format, and cost a
// small multiple of their size. Encoding an 8-bit picture and decoding it gives the same picture.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"P5 2 2 255\n1234", "P6\n#c\n1 1\n255\nabc", "P5 1 1 65535\n12", "P5\n#"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m *raster.Image
		var err error
		alloctest.AtMost(t, 16*len(data), func() { m, err = Decode(bytes.NewReader(data)) })
		if err != nil {
			if !strings.HasPrefix(err.Error(), "netpbm: ") {
				t.Errorf("the error does not name the format: %v", err)
			}
			return
		}
		if len(m.Data) != m.Samples()*m.Type.Bytes() || len(m.Data) > len(data) {
			t.Fatalf("%d bytes out of %d for %d×%d×%d", len(m.Data), len(data), m.Width, m.Height, m.Channels)
		}
		if m.Type != raster.Uint8 {
			return
		}
		var written bytes.Buffer
		if err := Encode(&written, m); err != nil {
			t.Fatal(err)
		}
		if again, err := Decode(&written); err != nil || !bytes.Equal(again.Data, m.Data) {
			t.Errorf("written and read again it differs: %v", err)
		}
	})
}

package netpbm

import (
	"bytes"
	"strings"
	"testing"

	"r2unet/datasets/raster"
)

func TestEveryHeaderStyleGivesTheSamePixels(t *testing.T) {
	for _, header := range []string{
		"P5 2 2 255\n", "P5\n# one\n2 2\n255\n", "P5\n# one\n# two\n2 2\n# three\n255\n", "P5\r\n2\t2\r255 ",
	} {
		m, err := Decode(strings.NewReader(header + "\x00\x7f\xff#"))
		if err != nil {
			t.Errorf("%q: %v", header, err)
			continue
		}
		if want := []byte("\x00\x7f\xff#"); m.Width != 2 || m.Height != 2 || m.Channels != 1 ||
			!bytes.Equal(m.Data, want) {
			t.Errorf("%q: %+v", header, m)
		}
	}
}

func TestSmallMaximaAreScaledToWhite(t *testing.T) {
	m, err := Decode(strings.NewReader("P5 3 1 1\n\x00\x01\x01"))
	if err != nil || !bytes.Equal(m.Data, []byte{0, 255, 255}) {
		t.Errorf("%v, %v", m, err)
	}
	m, err = Decode(strings.NewReader("P5 2 1 1023\n\x03\xff\x00\x00"))
	if err != nil || m.Type != raster.Uint16 || m.At(0) != 65535 || m.At(1) != 0 {
		t.Errorf("%v, %v", m, err)
	}
}

func TestWhatIsEncodedDecodes(t *testing.T) {
	for _, channels := range []int{1, 3} {
		m := raster.New(5, 3, channels, raster.Uint8)
		for i := range m.Data {
			m.Data[i] = byte(17 * i)
		}
		var b bytes.Buffer
		if err := Encode(&b, m, "a comment", "another"); err != nil {
			t.Fatal(err)
		}
		got, err := Decode(&b)
		if err != nil || got.Channels != channels || !bytes.Equal(got.Data, m.Data) {
			t.Errorf("%d channels: %v", channels, err)
		}
	}
}

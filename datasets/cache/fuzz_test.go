package cache

import (
	"bytes"
	"hash/crc32"
	"testing"

	"r2unet/internal/alloctest"
)

// sealed puts magic and checksum before the rest of a sample's file.
func sealed(rest []byte) []byte {
	return append(le.AppendUint32([]byte(magic), crc32.Checksum(rest, table)), rest...)
}

// FuzzDecode: what stands behind a checksum that is right is a sample as encode writes it, or none, at a cost of a small multiple of its
// size. Without the right checksum no fuzzer would get further.
func FuzzDecode(f *testing.F) {
	clear := sample(3, 2, 3, "file")
	clear.Transparent = true
	for _, s := range []*Sample{clear, sample(3, 2, 1, ""), sample(3, 2, 3, "generated")} {
		f.Add(encode(s)[len(magic)+4:])
	}
	f.Fuzz(func(t *testing.T, rest []byte) {
		data := sealed(rest)
		var s *Sample
		alloctest.AtMost(t, 16*len(data), func() { s = decode(data) })
		if s != nil && !bytes.Equal(encode(s), data) {
			t.Errorf("encoded again it differs: %+v", s)
		}
	})
}

// TestSizesWhoseProductOverflowsAreNoSample: 2³¹ × 2³¹ pixels with a field of view need 2⁶⁴ bytes more than none.
func TestSizesWhoseProductOverflowsAreNoSample(t *testing.T) {
	var rest []byte
	for _, v := range []uint32{1 << 31, 1 << 31, 1, 1} {
		rest = le.AppendUint32(rest, v)
	}
	if s := decode(sealed(append(rest, make([]byte, 2*labelBytes+16)...))); s != nil {
		t.Errorf("%d×%d", s.Width, s.Height)
	}
}

package cache

import (
	"bytes"
	"hash/crc32"
	"testing"

	"r2unet/internal/alloctest"
)

// sealed prepends magic and checksum to the rest of a sample's file.
func sealed(rest []byte) []byte {
	return append(le.AppendUint32([]byte(magic), crc32.Checksum(rest, table)), rest...)
}

// FuzzDecode: data with a valid checksum decode to a sample that encode writes back, or to nothing, and cost a small
// multiple of their size. Without a valid checksum no fuzzer would get any further.
func FuzzDecode(f *testing.F) {
	partly := sample(3, 2, 3, "file")
	partly.Transparent = true
	for _, s := range []*Sample{partly, sample(3, 2, 1, ""), sample(3, 2, 3, "generated")} {
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

// TestSizesWhoseProductOverflowsAreNoSample: with a field of view, 2³¹ × 2³¹ pixels need 2⁶⁴ bytes more than without.
func TestSizesWhoseProductOverflowsAreNoSample(t *testing.T) {
	var rest []byte
	for _, v := range []uint32{1 << 31, 1 << 31, 1, 1} {
		rest = le.AppendUint32(rest, v)
	}
	if s := decode(sealed(append(rest, make([]byte, 2*labelBytes+16)...))); s != nil {
		t.Errorf("%d×%d", s.Width, s.Height)
	}
}

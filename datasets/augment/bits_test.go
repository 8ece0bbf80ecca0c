package augment

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"runtime"
	"testing"
)

// TestTheFirstNineKeysKeepTheirBits pins samples made with the keys that were there first: augmentations added later
// must not draw from their stream of random numbers, or all results trained with them would change.
func TestTheFirstNineKeysKeepTheirBits(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors fuse multiplications with additions, which rounds differently")
	}
	p := board(40, 30)
	for want, c := range map[string]Config{
		"93b223b1d7f289dd": {
			Flip: true, RightAngles: true, Rotate: 30, Scale: 0.3, Elastic: 2, ElasticGrid: 9,
			Brightness: 0.2, Contrast: 0.3, Noise: 0.02,
		},
		"570cb6bc6f6d3dd9": {Flip: true, RightAngles: true, Brightness: 0.2, Contrast: 0.3},
	} {
		hash := sha256.New()
		for seed := range uint64(20) {
			image, target := render(c, seed, p, 16, 16)
			for _, v := range append(image, target...) {
				_ = binary.Write(hash, binary.LittleEndian, math.Float32bits(v))
			}
		}
		if got := hex.EncodeToString(hash.Sum(nil)[:8]); got != want {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
	}
}

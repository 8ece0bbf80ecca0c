package phantom

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkDrawFundus(b *testing.B) {
	for b.Loop() {
		driveCamera.drawFundus(rand.New(rand.NewPCG(1, 2)))
	}
}

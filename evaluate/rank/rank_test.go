package rank

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSortIsASort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.Uint32()).Draw(t, "keys")
		want := slices.Clone(keys)
		slices.Sort(want)
		Sort(keys, make([]uint32, len(keys)))
		if !slices.Equal(keys, want) {
			t.Fatalf("%v, want %v", keys, want)
		}
	})
}

func TestKeysOrderLikeScores(t *testing.T) {
	scores := []float32{
		float32(math.Copysign(0, -1)), 0, math.SmallestNonzeroFloat32, 1e-30, 0.25, 0.5, math.Nextafter32(0.5, 1), 1,
	}
	for i := 1; i < len(scores); i++ {
		a, b := Key(scores[i-1], true, true), Key(scores[i], false, false)
		if i > 1 && scoreOf(a) >= scoreOf(b) {
			t.Errorf("key of %v is not below that of %v", scores[i-1], scores[i])
		}
		if i == 1 && scoreOf(a) != scoreOf(b) {
			t.Error("-0 and 0 are two scores")
		}
		if scoreOf(b) != scores[i] {
			t.Errorf("key of %v holds %v", scores[i], scoreOf(b))
		}
	}
}

func TestCheckScoreRefusesWhatHasNoRank(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), -0.001, 1.001} {
		if CheckScore(bad) == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	for _, good := range []float32{0, 1, 0.5} {
		if err := CheckScore(good); err != nil {
			t.Error(err)
		}
	}
}

func TestCloseRemovesTemporaryFiles(t *testing.T) {
	folder := t.TempDir()
	r := NewRanking(10, folder)
	for i := range 100 {
		if err := r.Add([]uint32{Key(float32(i)/100, true, i%2 == 0)}); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 10 {
		t.Errorf("%d runs spilled, want 10 (%v)", len(entries), err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Errorf("%d files are left (%v)", len(entries), err)
	}
}

func TestSpillingToAFolderThatIsNotThereIsAnError(t *testing.T) {
	r := NewRanking(1, t.TempDir()+"/missing")
	if err := r.Add([]uint32{1}); err == nil {
		t.Error("no error")
	}
}

// More pairs than 64 bits hold must not overflow: 6e9 pixels of each class, half
// of the pairs in order.
func TestAUCOfBillionsOfPixelsIsExact(t *testing.T) {
	var a Area
	const n = 1_000_000_000
	for range 6 {
		a.Add([2]int64{n, n}) // ties within, order between
	}
	if got := a.AUC(); got != 0.5 {
		t.Errorf("AUC %v, want 0.5", got)
	}
	if a.carried.Sign() == 0 {
		t.Error("the test does not reach the overflow")
	}
}

func TestWalkSeesEachScoreOnceInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, limit := range []int{7, 1000} {
		r := NewRanking(limit, t.TempDir())
		want := map[float32]int64{}
		for range 100 {
			score := float32(random.IntN(30)) / 30
			want[score]++
			if err := r.Add([]uint32{Key(score, random.IntN(2) == 0, random.IntN(2) == 0)}); err != nil {
				t.Fatal(err)
			}
		}
		last := float32(2)
		err := r.Walk(func(g *Group) {
			if g.Score >= last {
				t.Errorf("%v comes after %v", g.Score, last)
			}
			last = g.Score
			if n := g.All(); n[0]+n[1] != want[g.Score] {
				t.Errorf("score %v: %d pixels, want %d", g.Score, n[0]+n[1], want[g.Score])
			}
			delete(want, g.Score)
		})
		if err != nil || len(want) != 0 {
			t.Errorf("limit %d: %d scores are missing (%v)", limit, len(want), err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

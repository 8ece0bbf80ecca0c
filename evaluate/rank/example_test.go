package rank_test

import (
	"fmt"

	"r2unet/evaluate/rank"
)

// Four pixels with their probabilities and truths. One of the four pairs of foreground and background is in
// the wrong order.
func ExampleRanking() {
	ranking := rank.NewRanking(0, "")
	defer ranking.Close()
	var keys []uint32
	for _, p := range []struct {
		score float32
		truth bool
	}{{0.9, true}, {0.6, false}, {0.4, true}, {0.1, false}} {
		keys = append(keys, rank.Key(p.score, true, p.truth))
	}
	if err := ranking.Add(keys); err != nil {
		fmt.Println(err)
	}
	var area rank.Area
	if err := ranking.Walk(func(g *rank.Group) { area.Add(g.Inside) }); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("AUC %.2f, average precision %.4f\n", area.AUC(), area.AveragePrecision())
	// Output: AUC 0.75, average precision 0.8333
}

// Pixels with the same score form one group, and a tie between foreground and background counts half.
func ExampleArea() {
	var area rank.Area
	area.Add([2]int64{1, 1}) // one background and one foreground pixel of the highest score
	area.Add([2]int64{1, 0})
	fmt.Println(area.AUC())
	// Output: 0.75
}

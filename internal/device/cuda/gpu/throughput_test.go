//go:build !race

package gpu

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"r2unet/internal/benchmark"
	"r2unet/internal/device/cuda"
)

var throughput = flag.String("throughput", "", "measure speed and write it to this `file`, a JSON row a line")

// TestThroughput measures the cases that have goals, in both precisions, replayed and eager. On the simulator, where
// times mean nothing, it does the same with a tiny network.
func TestThroughput(t *testing.T) {
	if *throughput == "" {
		t.Skip("give -throughput FILE")
	}
	file, err := os.Create(*throughput)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := json.NewEncoder(file)
	shapes, widths, runs := [][2]int{{32, 48}, {256, 48}, {16, 256}}, []int(nil), 21
	if simulated {
		shapes, widths, runs = [][2]int{{2, 8}}, []int{3, 5}, 1
	}
	for _, options := range []cuda.Options{
		{Precision: cuda.FP32},
		{Precision: cuda.TF32},
		{Precision: cuda.FP32, Eager: true},
		{Precision: cuda.TF32, Eager: true},
	} {
		for _, shape := range shapes {
			c := benchmark.Case{
				Arch: "r2unet", T: 2, Weights: "shared", Batch: shape[0], Channels: 1,
				Height: shape[1], Width: shape[1], Widths: widths,
			}
			// In a test of its own, so that its memory is free for the next.
			t.Run(fmt.Sprint(options.Precision, options.Eager, shape), func(t *testing.T) {
				b, err := benchmark.New(c, open(t, options), 1)
				if err != nil {
					t.Fatal(err)
				}
				row, err := b.Measure(t.Context(), runs)
				if err != nil {
					t.Fatal(err)
				}
				result := struct {
					Precision cuda.Precision `json:"precision"`
					Eager     bool           `json:"eager"`
					benchmark.Row
				}{options.Precision, options.Eager, row}
				if err := out.Encode(result); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

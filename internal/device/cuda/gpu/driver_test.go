//go:build r2gpu && !race

package gpu

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"r2unet/internal/benchmark"
	"r2unet/internal/device/cuda"
	"r2unet/internal/device/cuda/driver"
)

const simulated = false

// open takes the first GPU.
func open(t *testing.T, options cuda.Options) *cuda.Device {
	gpu, err := driver.Open(0)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, gpu, options)
}

func TestDriverHasEveryFunction(t *testing.T) {
	t.Log(open(t, cuda.Options{}).Describe())
	if absent := driver.Absent(); len(absent) > 0 {
		t.Logf("this driver lacks %v: only an error if one of them is called", absent)
	}
}

var throughput = flag.String("throughput", "", "measure speed and write it to this `file`, a JSON row a line")

// TestThroughput measures the cases that goals are set for, in both precisions, replayed and eager.
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
	for _, options := range []cuda.Options{
		{Precision: cuda.FP32}, {Precision: cuda.TF32}, {Precision: cuda.FP32, Eager: true}, {Precision: cuda.TF32, Eager: true},
	} {
		dev := open(t, options)
		for _, shape := range [][2]int{{32, 48}, {256, 48}, {16, 256}} {
			c := benchmark.Case{Arch: "r2unet", T: 2, Weights: "shared", Batch: shape[0], Channels: 1, Height: shape[1], Width: shape[1]}
			b, err := benchmark.New(c, dev, 1)
			if err != nil {
				t.Fatal(err)
			}
			row, err := b.Measure(t.Context(), 21)
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
		}
	}
}

package figure

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/plot/plotter"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/measures"
)

// TestReliabilityIsTheShareOfForegroundInEachBin, without bins that have no pixels; runs without bins have no figure.
func TestReliabilityIsTheShareOfForegroundInEachBin(t *testing.T) {
	var bins measures.Bins
	for i := range 300 {
		p := (float64(i%15) + 0.5) / 15
		bins.Add(p, float64(i/15)/20 < p*p)
	}
	bins[4] = measures.Bin{}
	points := reliabilityKind.points(&evaluate.Curves{Reliability: &bins})
	if len(points) != 14 || slices.ContainsFunc(points, func(p plotter.XY) bool { return p.X > 0.29 && p.X < 0.31 }) {
		t.Fatalf("%v", points)
	}
	if p := points[13]; p.X < 0.96666 || p.X > 0.96667 || p.Y != 0.95 { // 19 of 20, 0.95 > 0.9344
		t.Errorf("the last of %v", points)
	}
	run := &archive.Run{Curves: &evaluate.Curves{}}
	all := []series{{label: "U-Net", runs: []*archive.Run{run}}}
	if f, err := curveFigure(reliabilityKind, "drive", "DRIVE", 0, all); f != nil || err != nil {
		t.Errorf("without bins: %v, %v", f, err)
	}
	run.Curves.Reliability = &bins
	run.Result.Measures.Inside.Micro.Set(measures.ECE, 0.1234)
	f, err := curveFigure(reliabilityKind, "drive", "DRIVE", 0, all)
	if err != nil || f == nil || f.Name != "reliability-drive" {
		t.Fatalf("%+v, %v", f, err)
	}
	svg, err := f.SVG()
	if err != nil || !bytes.Contains(svg, []byte("U-Net, ECE 0.1234")) {
		t.Errorf("the legend does not have the measure (%v)", err)
	}
	if keep := os.Getenv("FIGURES"); keep != "" { // to look at it
		if err := os.WriteFile(keep+"/reliability.svg", svg, 0o644); err != nil {
			t.Fatal(err)
		}
		png, _ := f.PNG()
		_ = os.WriteFile(keep+"/reliability.png", png, 0o644)
	}
}

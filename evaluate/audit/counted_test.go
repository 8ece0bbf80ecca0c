package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"r2unet/evaluate/paper"
)

// The totals that owners and others have published.
func TestCountsAreThePublishedOnes(t *testing.T) {
	sums := map[string]pixels{}
	for _, set := range testSets() {
		for region, images := range set.images {
			sums[fmt.Sprintf("%s, %s, %s: %d", set.dataset, set.name, region, len(images))] = total(images)
		}
	}
	for key, want := range map[string]pixels{
		"DRIVE, the 20 test images, inside the FOV: 20":  {577649, 3960494},
		"DRIVE, the 20 test images, over all pixels: 20": {577945, 6021255},
		"STARE, all 20 images, over all pixels: 20":      {644053, 7825947},
		"CHASE_DB1, all 28 images, over all pixels: 28":  {1861974, 24991146},
	} {
		if sums[key] != want {
			t.Errorf("%s: %v, published are %v", key, sums[key], want)
		}
	}
	if n := len(testSets()[2].images[insideFOV]); n != 8 {
		t.Errorf("children 11 to 14 have %d images", n)
	}
}

// possible and impossible numbers of a set so small that all counts can be tried.
func TestPooledIsWhatAllCountsGive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := pixels{
			float64(rapid.IntRange(1, 12).Draw(t, "foreground")), float64(rapid.IntRange(1, 25).Draw(t, "background")),
		}
		var printed []printedRange
		for _, m := range order {
			if rapid.Bool().Draw(t, m) {
				// no measure of so few pixels has a value that ends in 37 ten-thousandths
				low := float64(rapid.IntRange(0, 99).Draw(t, "low "+m))/100 + 0.0037
				i := interval{low, low + float64(rapid.IntRange(1, 30).Draw(t, "width "+m))/100}
				printed = append(printed, printedRange{m, i.intersect(everything)})
			}
		}
		found := false
		for tp := 0.0; tp <= of.foreground; tp++ {
			for tn := 0.0; tn <= of.background; tn++ {
				fits := true
				for _, p := range printed {
					v := confusion[p.measure](tp, tn, of)
					fits = fits && p.contains(v)
				}
				found = found || fits
			}
		}
		if got := pooled(of, printed); got.possible != found {
			t.Fatalf("%v of %v: %+v, trying all counts: %t", printed, of, got, found)
		}
	})
}

// honest draws predictions for the images of a set and prints their measures.
func honest(set testSet, where region, mean bool, decimals int, random *rand.Rand) row {
	var n, se, sp, ac, f1 float64
	var sum, hit pixels
	for _, p := range set.images[where] {
		tp := math.Floor(p.foreground * (0.4 + 0.6*random.Float64()))
		tn := math.Floor(p.background * (0.9 + 0.1*random.Float64()))
		one := func(m string) float64 { return confusion[m](tp, tn, p) }
		n, se, sp, ac, f1 = n+1, se+one("se"), sp+one("sp"), ac+one("ac"), f1+one("f1")
		sum, hit = total([]pixels{sum, p}), total([]pixels{hit, {tp, tn}})
	}
	values := map[string]float64{"se": se / n, "sp": sp / n, "ac": ac / n, "f1": f1 / n}
	r := row{figures: map[string]figure{}}
	for m := range values {
		if !mean {
			values[m] = confusion[m](hit.foreground, hit.background, sum)
		}
		r.figures[m], _ = parseFigure(fmt.Sprintf("%.*f", decimals, values[m]), false)
	}
	return r
}

// Numbers that were measured are never called impossible under the reading that they were measured in.
func TestHonestNumbersArePossible(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, set := range testSets() {
		for range 3 {
			for _, where := range []region{insideFOV, allPixels} {
				for _, mean := range []bool{false, true} {
					whole := set
					if set.drawn > 0 {
						whole.images = map[region][]pixels{where: draw(set.images[where], set.drawn, random)}
					}
					r := honest(whole, where, mean, 3+random.IntN(3), random)
					way := reading{set, where, mean}
					if p := way.test(r, 0.5); !p.possible {
						t.Errorf("%s: %v is called impossible: %s", way, r.figures, p.reason)
					}
				}
			}
		}
	}
}

// draw returns n of the images.
func draw(images []pixels, n int, random *rand.Rand) (some []pixels) {
	for _, i := range random.Perm(len(images))[:n] {
		some = append(some, images[i])
	}
	return some
}

// A digit changed makes pooled numbers impossible nearly always, and the reason says what is possible.
func TestAChangedDigitIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	drive := testSets()[0]
	way := reading{drive, insideFOV, false}
	for _, m := range []string{"se", "sp", "ac", "f1"} {
		r := honest(drive, insideFOV, false, 4, random)
		f := r.figures[m]
		f.value -= 0.01
		r.figures[m] = f
		if p := way.test(r, 0.5); p.possible || !strings.Contains(p.reason, "allow") {
			t.Errorf("%s less 0.01: %+v", m, p)
		}
	}
}

// The bounds of the mean of F1 hold for every prediction with the given means, and are reached nearly.
func TestMeanF1IsWithinItsBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 3))
	images := testSets()[2].images[insideFOV]
	for range 20 {
		var se, sp, ac, f1 float64
		for _, p := range images {
			x, y := 0.5+0.5*random.Float64(), 0.9+0.1*random.Float64()
			n := float64(len(images))
			se, sp, ac = se+x/n, sp+y/n, ac+(p.share()*x+(1-p.share())*y)/n
			f1 += confusion["f1"](x*p.foreground, y*p.background, p) / n
		}
		bound := meanF1(images, map[string]interval{"se": {se, se}, "sp": {sp, sp}, "ac": {ac, ac}})
		if !bound.contains(f1) {
			t.Errorf("mean F1 %v is outside %v", f1, bound)
		}
	}
	// Of twenty equal images with a mean SP of 0.95 the mean of F1 is largest if all false positives are in one.
	equal := slices.Repeat([]pixels{{1000, 9000}}, 20)
	bound := meanF1(equal, map[string]interval{"se": {0.8, 0.8}, "sp": {0.95, 0.95}, "ac": {0.935, 0.935}})
	largest := 0.0
	for x := 0.0; x <= 1; x += 0.001 {
		bad, good := confusion["f1"](1000*x, 0, equal[0]), confusion["f1"](1000*(16-x)/19, 9000, equal[0])
		largest = max(largest, (bad+19*good)/20)
	}
	if bound.high < largest || bound.high > largest+0.002 {
		t.Errorf("the bound is %v, and %v can be reached", bound.high, largest)
	}
}

// peer is the verdicts of mlscorecheck that testdata/peer.py prints.
type peer struct {
	Bundled map[string]bool
	Rows    []struct {
		Line                    int
		Dataset, Images, Region string
		Units                   float64
		Pooled, Mean            bool
	}
}

const pythonVariable = "R2UNET_MLSCORECHECK_PYTHON"

// TestVerdictsAreThoseOfMlscorecheck compares with numbers committed and, where a Python with mlscorecheck is found,
// with what it says now.
func TestVerdictsAreThoseOfMlscorecheck(t *testing.T) {
	content, err := os.ReadFile("testdata/peer.json")
	if err != nil {
		t.Fatal(err)
	}
	comparePeer(t, content)
	t.Run("now", func(t *testing.T) {
		python := cmp.Or(os.Getenv(pythonVariable), "python3")
		err := exec.CommandContext(t.Context(), python, "-c", "import mlscorecheck").Run()
		if err != nil || testing.Short() {
			t.Skipf("no mlscorecheck in %s (%s names another Python), or -short", python, pythonVariable)
		}
		var failure bytes.Buffer
		command := exec.CommandContext(t.Context(), python, "testdata/peer.py", "counts.csv", "../paper/table-1.csv")
		command.Stderr = &failure
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, failure.Bytes())
		}
		comparePeer(t, out)
	})
}

func comparePeer(t *testing.T, content []byte) {
	t.Helper()
	var theirs peer
	if err := json.Unmarshal(content, &theirs); err != nil {
		t.Fatal(err)
	}
	for set, equal := range theirs.Bundled {
		if !equal {
			t.Errorf("%s: mlscorecheck has other counts", set)
		}
	}
	table, err := paper.Printed(1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := read(table)
	if err != nil {
		t.Fatal(err)
	}
	var differ []string
	possible := 0
	for _, one := range theirs.Rows {
		for _, r := range s.rows {
			if r.line != one.Line {
				continue
			}
			for _, way := range readings(r.dataset) {
				chosen := way.set.drawn == 0 && (one.Images == "children") == strings.Contains(way.set.name, "children")
				if !chosen || (one.Region == "fov") != (way.region == insideFOV) {
					continue
				}
				verdict := one.Pooled
				if way.mean {
					verdict = one.Mean
					r.figures = without(r.figures, "f1") // mlscorecheck has no test of a mean of F1
				}
				if verdict {
					possible++
				}
				if p := way.test(r, one.Units); p.possible != verdict {
					differ = append(differ, fmt.Sprintf("line %d, %s, %g units: possible here %t, there %t (%s)",
						one.Line, way, one.Units, p.possible, verdict, p.reason))
				}
			}
		}
	}
	t.Logf("%d rows and readings, possible %d of %d", len(theirs.Rows), possible, 2*len(theirs.Rows))
	if len(theirs.Bundled) != 4 || len(theirs.Rows) < 100 {
		t.Errorf("%d sets and %d rows", len(theirs.Bundled), len(theirs.Rows))
	}
	for _, text := range differ {
		t.Error(text)
	}
}

func without(figures map[string]figure, measure string) map[string]figure {
	rest := map[string]figure{}
	for m, f := range figures {
		if m != measure {
			rest[m] = f
		}
	}
	return rest
}

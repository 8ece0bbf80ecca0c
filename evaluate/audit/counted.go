package audit

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/evaluate"
)

// A reading is one way in which a row may have been measured.
type reading struct {
	set    testSet
	region region
	mean   bool // over images, not pooled
}

func (r reading) String() string {
	text := "pooled"
	if r.mean {
		text = "mean over images"
	}
	return fmt.Sprintf("%s, %s, %s", text, r.region, r.set.name)
}

// readings lists the ways in which rows of a dataset may have been measured; none if its counts are not known.
func readings(dataset string) (all []reading) {
	plain := evaluate.PlainDataset(dataset)
	for _, set := range testSets() {
		if known := evaluate.PlainDataset(set.dataset); plain != known && plain+"db1" != known {
			continue
		}
		for _, region := range []region{insideFOV, allPixels} {
			all = append(all, reading{set, region, false}, reading{set, region, true})
		}
	}
	return all
}

// test tests printed numbers under a reading. Each stands for the values within so many units of its last place: half a
// unit for rounding, one for digits that were cut off.
func (r reading) test(row row, units float64) possibility {
	var printed []printedRange
	for _, m := range order {
		f := row.figures[m]
		if m == "f1" && !f.present() {
			f = row.figures["dc"] // the same formula
		}
		if f.present() {
			wide := interval{f.value - units*f.unit, f.value + units*f.unit}
			printed = append(printed, printedRange{m, wide.widen().intersect(everything)})
		}
	}
	images := r.set.images[r.region]
	switch {
	case r.mean:
		return means(r.set, images, printed)
	case r.set.drawn > 0:
		return drawn(images, r.set.drawn, printed)
	}
	return pooled(total(images), printed)
}

// drawn tests whether a choice of so many images can have the share of foreground that SE, SP and AC imply.
func drawn(images []pixels, n int, printed []printedRange) possibility {
	given := map[string]interval{}
	for _, p := range printed {
		given[p.measure] = p.interval
	}
	se, sp, ac := given["se"], given["sp"], given["ac"]
	if len(given) < 3 || se == (interval{}) || sp == (interval{}) || ac == (interval{}) {
		return possibility{possible: true, reason: "without SE, SP and AC any share of foreground is possible"}
	}
	implied, possible := prevalence(se, sp, ac), interval{least(images, n, 1), -least(images, n, -1)}.widen()
	if implied.gap(possible) > 0 || implied.empty() {
		return possibility{reason: fmt.Sprintf("SE, SP and AC imply a share of foreground of %s, and %d images have %s",
			implied, n, possible)}
	}
	if f1, ok := given["f1"]; ok {
		if allowed := impliedF1(se, sp, ac); allowed.gap(f1) > 0 {
			return possibility{reason: fmt.Sprintf("SE, SP and AC allow F1 %s", allowed)}
		}
	}
	return possibility{true, fmt.Sprintf("%d images have a share of foreground of %s", n, possible)}
}

// least returns the smallest sign·share that n of the images have together, by Dinkelbach's method: the images with the
// smallest sign·foreground − share·pixels are those that have it once the share no longer falls.
func least(images []pixels, n int, sign float64) float64 {
	share := sign * total(images).share()
	for range 50 {
		sorted := slices.Clone(images)
		value := func(p pixels) float64 { return sign*p.foreground - share*(p.foreground+p.background) }
		slices.SortFunc(sorted, func(a, b pixels) int {
			if value(a) < value(b) {
				return -1
			}
			return 1
		})
		next := sign * total(sorted[:n]).share()
		if next >= share {
			break
		}
		share = next
	}
	return share
}

// mostCounted is the number of rows of a table that are tested against counts, which takes milliseconds for each; no
// printed table has as many.
const mostCounted = 60

// fitCounts tests each row with two or more of SE, SP, AC, F1, precision and JS against the pixel counts of its
// dataset, in every reading. It is impossible if no reading is possible, and strained if one is only for numbers that
// were cut off instead of rounded.
func fitCounts(s *sheet) []Finding {
	var findings []Finding
	left := mostCounted
	for _, rows := range s.datasets(true) {
		ways := readings(rows[0].dataset)
		if len(ways) == 0 {
			continue
		}
		template := func(v Verdict, text string) *Finding {
			return &Finding{Table: s.name, Check: "counts", Verdict: v, Text: prefix(rows[0]) + text}
		}
		impossible := template(Impossible, "no pixel counts of the images give these numbers, in no reading")
		strained := template(Strained, "pixel counts give these numbers only if digits were cut off instead of rounded")
		implied := template(Implied, "readings in which pixel counts give the numbers")
		for _, r := range rows {
			if !testable(r) {
				continue
			}
			if left--; left < 0 {
				implied.Rows = append(implied.Rows, fmt.Sprintf("%s: not tested, nor the rows after it: at most %d are",
					r.label, mostCounted))
				break
			}
			rounded, cut, reasons := try(ways, r)
			switch {
			case len(rounded) > 0:
				text := r.label + ": " + strings.Join(rounded, "; ")
				if p := ways[0].test(r, 0.5); !p.possible {
					text += fmt.Sprintf("; not %s: %s", ways[0], p.reason)
				}
				implied.Rows = append(implied.Rows, text)
			case len(cut) > 0:
				strained.Rows = append(strained.Rows, r.label+": "+strings.Join(cut, "; "))
			default:
				impossible.Rows = append(append(impossible.Rows, r.label), reasons...)
			}
		}
		for _, f := range []*Finding{impossible, strained, implied} {
			if len(f.Rows) > 0 {
				findings = append(findings, *f)
			}
		}
	}
	return findings
}

// try returns the readings that are possible for rounded numbers and for cut ones, and why the others are not.
func try(ways []reading, r row) (rounded, cut, reasons []string) {
	for _, way := range ways {
		p := way.test(r, 0.5)
		switch {
		case p.possible:
			rounded = append(rounded, way.String())
		case way.test(r, 1).possible:
			cut = append(cut, way.String())
		}
		reasons = append(reasons, fmt.Sprintf("  %s: %s", way, p.reason))
	}
	return rounded, cut, reasons
}

// testable reports whether a row has two or more numbers that counts are tested against, each with two or more
// decimals, and among them SE: without it so many counts are left that the test says little and takes long.
func testable(r row) bool {
	has := map[string]bool{}
	for _, m := range append(slices.Clone(order), "dc") {
		f := r.figures[m]
		if f.present() && f.unit > 0.011 {
			return false
		}
		has[strings.Replace(m, "dc", "f1", 1)] = has[strings.Replace(m, "dc", "f1", 1)] || f.present()
	}
	n := 0
	for _, there := range has {
		if there {
			n++
		}
	}
	return n >= 2 && has["se"]
}

// upper returns the name of a measure in texts.
func upper(measure string) string {
	if measure == "precision" {
		return measure
	}
	return strings.ToUpper(measure)
}

// join lists names: "SE, SP and AC".
func join(names []string) string {
	switch n := len(names); n {
	case 0:
		return "the counts"
	case 1:
		return names[0] + " and the counts"
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

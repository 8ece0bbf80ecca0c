package claims

import (
	"fmt"
	"math"
)

// A Verdict is the answer of the evidence to a claim.
type Verdict string

// The three verdicts.
const (
	Holds        Verdict = "holds"
	DoesNotHold  Verdict = "does not hold"
	CannotBeTold Verdict = "cannot be told"
)

// verdict applies the rule of the page, and returns the reason.
func (t *test) verdict() (Verdict, string) {
	above := t.holmHold < significant && t.Low > t.exceed
	below := t.holmRefute < significant && t.High < t.fall
	smallest := t.zero.Smallest
	switch {
	case t.units() < 2:
		return CannotBeTold, fmt.Sprintf("%s: no test is possible", plural(t.units(), t.samples[0].unit))
	case t.fewest() < leastTrainings:
		return CannotBeTold, fmt.Sprintf("%s of each network; another seed may give another order",
			plural(t.fewest(), "training"))
	case smallest >= significant:
		return CannotBeTold, fmt.Sprintf("%s: the smallest possible p is %s", plural(t.units(), t.samples[0].unit),
			probability(smallest))
	case above:
		return Holds, fmt.Sprintf("%s, and the interval lies above %s", equation(t.holmHold), line(t.exceed))
	case below:
		return DoesNotHold, fmt.Sprintf("%s for a difference of %s or more, and the interval lies below it",
			equation(t.holmRefute), line(t.fall))
	case smallest*float64(t.family) >= significant:
		return CannotBeTold, fmt.Sprintf("%s: the smallest possible p is %s, and %d tests are corrected for",
			plural(t.units(), t.samples[0].unit), probability(smallest), t.family)
	}
	return CannotBeTold, t.why()
}

// why explains that neither line is excluded.
func (t *test) why() string {
	switch {
	case t.Low <= t.exceed && t.fall <= t.High && t.exceed == t.fall:
		return fmt.Sprintf("the interval contains %s", line(t.exceed))
	case t.Low <= t.exceed && t.fall <= t.High:
		return fmt.Sprintf("the interval contains both %s and %s", line(t.exceed), line(t.fall))
	case t.Low > t.exceed:
		return fmt.Sprintf("the interval lies above %s, but %s", line(t.exceed), equation(t.holmHold))
	}
	return fmt.Sprintf("the interval lies below %s, but %s", line(t.fall), equation(t.holmRefute))
}

// atEqualParameters returns what a verdict on "a above b" says about networks of equal size, if more parameters never
// make a network worse.
func atEqualParameters(v Verdict, a, b *network) (Verdict, string) {
	ratio := float64(a.parameters()) / float64(b.parameters())
	switch {
	case math.Abs(math.Log(ratio)) <= math.Log(equalParameters):
		return v, "equal to " + percent(ratio)
	case v == DoesNotHold && ratio > 1:
		return v, fmt.Sprintf("even with %.2f times as many parameters", ratio)
	case v == Holds && ratio < 1:
		return v, fmt.Sprintf("even with %.2f times as many parameters", ratio)
	}
	return CannotBeTold, fmt.Sprintf("%.2f times as many parameters", ratio)
}

// equalParameters is the ratio up to which numbers of parameters are called equal.
const equalParameters = 1.05

func percent(ratio float64) string {
	return fmt.Sprintf("%.2g %%", 100*math.Abs(ratio-1))
}

// line formats a line of the rule.
func line(v float64) string {
	if v == 0 {
		return "0"
	}
	return signed(v)
}

func signed(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	text := fmt.Sprintf("%+.4f", v)
	if text == "-0.0000" {
		text = "+0.0000"
	}
	if text[0] == '-' {
		return "−" + text[1:]
	}
	return text
}

func probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return "–"
	case p < 0.0001:
		return "< 0.0001"
	case p < 0.1:
		return fmt.Sprintf("%.2g", p)
	}
	return fmt.Sprintf("%.2f", p)
}

// equation returns "p = 0.039" or "p < 0.0001".
func equation(p float64) string {
	if text := probability(p); text[0] == '<' {
		return "p " + text
	}
	return "p = " + probability(p)
}

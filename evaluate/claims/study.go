package claims

import (
	"fmt"
	"slices"
	"strings"
)

// A Study is the tests of all claims on the evidence.
type Study struct {
	*Evidence
	findings []*finding
}

// A finding is what the evidence says about a claim.
type finding struct {
	claim
	match   match
	a, b    *network         // on the first dataset where both ran; nil if they did not meet
	tests   map[string]*both // by dataset
	overall *both            // nil without a dataset
	on      []string         // the datasets of overall
	verdict Verdict
	why     string
	equal   Verdict // at equal parameters; "" if the question does not arise
	equally string  // why
}

// both is the tests of what decides, F1 or learning curves, and of AUC.
type both struct {
	main, auc *test // auc is nil for learning curves and where AUC is not defined
}

// verdict is that of the main test. If AUC contradicts a claim that F1 supports, nothing can be told.
func (b *both) verdict() (Verdict, string) {
	v, why := b.main.verdict()
	if v == Holds && b.auc != nil {
		if opposite, _ := b.auc.verdict(); opposite == DoesNotHold {
			return CannotBeTold, "it holds in F1 and does not in AUC"
		}
	}
	return v, why
}

// Test tests the paper's claims.
func Test(e *Evidence) *Study {
	study := &Study{Evidence: e}
	for _, c := range claims {
		f := &finding{claim: c, tests: map[string]*both{}}
		study.findings = append(study.findings, f)
		if len(c.chain) == 0 {
			e.test(f)
		}
	}
	study.correct()
	for _, f := range study.findings {
		if len(f.chain) == 0 {
			f.conclude()
		}
	}
	for _, f := range study.findings {
		if len(f.chain) > 0 {
			f.link(study.findings)
		}
	}
	return study
}

// test compares the claim's networks on each dataset, and over those with enough trainings, or over all if none has.
func (e *Evidence) test(f *finding) {
	var ok bool
	if f.match, ok = e.choose(f.claim); !ok {
		return
	}
	var met, enough []*set
	for _, s := range e.sets {
		one := f.over([]*set{s})
		if one == nil {
			continue
		}
		if f.a == nil {
			f.a, f.b = one.main.a, one.main.b
		}
		f.tests[s.name] = one
		met = append(met, s)
		if one.main.units() >= 2 && one.main.fewest() >= leastTrainings {
			enough = append(enough, s)
		}
	}
	if len(met) == 0 {
		return
	}
	if len(enough) > 0 {
		met = enough
	}
	for _, s := range met {
		f.on = append(f.on, s.name)
	}
	f.overall = f.over(met)
}

// over tests the claim over datasets; it returns nil if the networks have no run in common there.
func (f *finding) over(sets []*set) *both {
	decides := f1Score
	if f.curves {
		decides = convergence
	}
	b := &both{main: f.compare(sets, decides)}
	if b.main == nil {
		return nil
	}
	if !f.curves {
		b.auc = f.compare(sets, aucScore)
	}
	return b
}

func (f *finding) compare(sets []*set, q quantity) *test {
	var samples []sample
	var first [2]*network
	for _, s := range sets {
		a, b := s.with(f.match.a), s.with(f.match.b)
		if a == nil || b == nil {
			continue
		}
		one := q.sample(a, b)
		if one.units == 0 {
			continue
		}
		if len(samples) == 0 {
			first = [2]*network{a, b}
		}
		samples = append(samples, one)
	}
	if len(samples) == 0 {
		return nil
	}
	exceed, fall := 0.0, q.margin
	if f.fewer {
		exceed, fall = -q.margin, -q.margin
	}
	return compare(first[0], first[1], q, samples, exceed, fall)
}

// correct applies Holm's correction: a family is the claims tested by one quantity on one dataset, or over datasets.
func (s *Study) correct() {
	families := map[[2]string][]*test{}
	add := func(scope string, b *both) {
		if b == nil {
			return
		}
		for _, t := range []*test{b.main, b.auc} {
			if t != nil {
				key := [2]string{scope, t.quantity.name}
				families[key] = append(families[key], t)
			}
		}
	}
	for _, f := range s.findings {
		add("", f.overall)
		for name, b := range f.tests {
			add("on "+name, b)
		}
	}
	for _, family := range families {
		correct(family)
	}
}

// conclude sets the verdict over datasets.
func (f *finding) conclude() {
	switch {
	case f.overall == nil && f.fewer:
		f.verdict, f.why = CannotBeTold, fmt.Sprintf(
			"no U-Net with at least %.2f times the parameters of R2U-Net was run", fewerParameters)
	case f.overall == nil:
		f.verdict, f.why = CannotBeTold, fmt.Sprintf("%s and %s were not both run on a dataset", f.claim.a.name,
			f.claim.b.name)
	default:
		f.verdict, f.why = f.overall.verdict()
		if !f.fewer {
			f.equal, f.equally = atEqualParameters(f.verdict, f.a, f.b)
		}
	}
}

// link sets the verdict of a claim that consists of others: it holds if all hold, and does not if one does not.
func (f *finding) link(all []*finding) {
	f.verdict, f.equal = Holds, Holds
	var whys, equally []string
	for _, o := range all {
		if !slices.Contains(f.chain, o.id) {
			continue
		}
		f.verdict = weaker(f.verdict, o.verdict)
		f.equal = weaker(f.equal, o.equal)
		whys = append(whys, fmt.Sprintf("%s %s", o.id, o.verdict))
		equally = append(equally, fmt.Sprintf("%s %s", o.id, orElse(o.equal)))
	}
	f.why, f.equally = strings.Join(whys, ", "), strings.Join(equally, ", ")
}

// weaker returns what two claims together come to.
func weaker(a, b Verdict) Verdict {
	switch {
	case a == DoesNotHold || b == DoesNotHold:
		return DoesNotHold
	case a == Holds && b == Holds:
		return Holds
	}
	return CannotBeTold
}

func orElse(v Verdict) Verdict {
	if v == "" {
		return CannotBeTold
	}
	return v
}

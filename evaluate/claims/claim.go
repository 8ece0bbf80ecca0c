package claims

import (
	"math"
	"slices"

	"r2unet/evaluate"
)

// A role is a kind of network in the paper.
type role struct {
	name  string
	block string
	t     string // recurrent steps, as the facet has them; "" without recurrence
	// names in the paper's tables, in lower case
	printed []string
}

var (
	uNet   = role{"U-Net", "forward", "", []string{"u-net", "u-net (t=2)"}}
	resNet = role{"ResU-Net", "residual", "", []string{"residual u-net", "resu-net (t=2)"}}
	ruNet  = role{"RU-Net (t=2)", "recurrent", "2", []string{"recurrent u-net", "recu-net (t=2)", "ru-net (t=2)"}}
	r2Two  = role{"R2U-Net (t=2)", "recurrent-residual", "2", []string{"r2u-net", "r2u-net (t=2)"}}
	r2Tri  = role{"R2U-Net (t=3)", "recurrent-residual", "3", []string{"r2u-net (t=3)"}}
)

var roles = []role{uNet, resNet, ruNet, r2Two, r2Tri}

// A claim compares two roles.
type claim struct {
	id     string
	text   string
	a, b   role
	fewer  bool // a must have fewer parameters, and be no worse
	curves bool // by learning curves
	// chain is the claims of which it consists; it has then no comparison of its own.
	chain []string
}

// fewerParameters is how many times as many parameters the larger network of the claim on parameters needs.
const fewerParameters = 1.25

// claims lists the paper's claims in the order of the page.
var claims = []claim{
	{id: "1", text: "R2U-Net above RU-Net above ResU-Net above U-Net", chain: []string{"1a", "1b", "1c"}},
	{id: "1a", text: "R2U-Net above RU-Net", a: r2Two, b: ruNet},
	{id: "1b", text: "RU-Net above ResU-Net", a: ruNet, b: resNet},
	{id: "1c", text: "ResU-Net above U-Net", a: resNet, b: uNet},
	{id: "2", text: "R2U-Net above U-Net", a: r2Two, b: uNet},
	{id: "3", text: "t = 3 above t = 2 in R2U-Net", a: r2Tri, b: r2Two},
	{id: "4", text: "Fewer parameters suffice: R2U-Net no worse than a larger U-Net", a: r2Two, b: uNet, fewer: true},
	{id: "5", text: "R2U-Net converges better than U-Net", a: r2Two, b: uNet, curves: true},
	{id: "6", text: "R2U-Net converges better than ResU-Net", a: r2Two, b: resNet, curves: true},
}

// plays reports whether a network has a role: its block and steps, and otherwise what the paper's networks have, except
// for widths, normalization and what the steps share.
func (r role) plays(n *network) bool {
	if n.facet("block") != r.block || n.facet("t") != r.t {
		return false
	}
	return !slices.ContainsFunc(n.runs[0].Result.Facets, func(f evaluate.Facet) bool {
		return f.In != evaluate.InTraining &&
			!slices.Contains([]string{"block", "t", "weights", "norm", "channels"}, f.Key)
	})
}

// alike reports whether two networks differ in nothing but block, steps and what the steps share.
func alike(a, b *network) bool {
	rest := func(n *network) (list []evaluate.Facet) {
		for _, f := range n.runs[0].Result.Facets {
			if !slices.Contains([]string{"block", "t", "weights"}, f.Key) {
				list = append(list, f)
			}
		}
		return list
	}
	return slices.Equal(rest(a), rest(b))
}

// match is two networks by their keys.
type match struct{ a, b string }

// choose picks the networks that a claim is tested on: of the pairs with the two roles that are alike or of equal size,
// the pair that met on most datasets, and of those the closest in parameters. For the claim on parameters b is the
// largest with at least a quarter more than a. ok is false if there is no pair.
func (e *Evidence) choose(c claim) (best match, ok bool) {
	type candidate struct {
		match
		sets     int
		distance float64 // smaller is preferred
	}
	var all []*candidate
	for _, s := range e.sets {
		for _, a := range s.networks {
			for _, b := range s.networks {
				if !c.a.plays(a) || !c.b.plays(b) {
					continue
				}
				ratio := float64(b.parameters()) / float64(a.parameters())
				distance := math.Abs(math.Log(ratio))
				switch {
				case c.fewer && ratio >= fewerParameters:
					distance = -ratio
				case c.fewer, !alike(a, b) && distance > math.Log(equalParameters):
					continue
				}
				m := match{a.key(), b.key()}
				found := find(&all, func(o *candidate) bool { return o.match == m }, &candidate{m, 0, distance})
				found.sets++
			}
		}
	}
	if len(all) == 0 {
		return match{}, false
	}
	chosen := all[0]
	for _, o := range all[1:] {
		if o.sets > chosen.sets || o.sets == chosen.sets && o.distance < chosen.distance-1e-9 {
			chosen = o
		}
	}
	return chosen.match, true
}

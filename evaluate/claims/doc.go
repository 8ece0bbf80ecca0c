// Package claims tests the claims of Alom et al. 2018 against the runs of results folders, and writes a page with a
// verdict for each: holds, does not hold, or cannot be told. docs/evaluation.md explains the tests; the page itself
// states the rule.
//
// Everything is a function of the runs alone: the claims, the margins and the rule are fixed in this package, and
// drawn numbers have fixed seeds.
package claims

// Package nearest guesses which word a mistyped word was meant to be.
package nearest

import "strings"

// Of returns the candidate with the smallest Levenshtein distance from a mistyped word, ignoring case, or "" if none
// is near: at most a third of the word may differ.
func Of(word string, candidates []string) string {
	best, bestDistance := "", len(word)/3+1
	for _, candidate := range candidates {
		d := distance(strings.ToLower(word), strings.ToLower(candidate))
		if d <= bestDistance && (best == "" || d < bestDistance) {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// distance returns the number of single-byte insertions, deletions and substitutions that turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitution := diagonal
			if a[i] != b[j] {
				substitution++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitution, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

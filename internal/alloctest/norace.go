//go:build !race

package alloctest

// counts says whether what is allocated says something of the program.
const counts = true

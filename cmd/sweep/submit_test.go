package main

import (
	"os"
	"testing"
)

// TestProgramOfGoRunIsNotSubmitted: go test puts its program where go run does.
func TestProgramOfGoRunIsNotSubmitted(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if checkLasts(program) == nil {
		t.Errorf("%s would be submitted, and is removed when this test ends", program)
	}
	if err := checkLasts("/shared/bin/sweep"); err != nil {
		t.Error(err)
	}
}

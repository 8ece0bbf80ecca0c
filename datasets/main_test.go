package datasets

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// phantomCache is shared by the tests, so that phantoms are drawn once.
var phantomCache string

func TestMain(m *testing.M) {
	var err error
	if phantomCache, err = os.MkdirTemp("", "datasets-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.RemoveAll(phantomCache)
	os.Exit(code)
}

// must ends a test whose preparation fails.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// first returns the first fold of a dataset.
func first(t testing.TB, ds *Dataset) *Fold {
	t.Helper()
	f, err := ds.Fold(0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

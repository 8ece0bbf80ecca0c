package durable_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"r2unet/internal/durable"
)

func TestLockIsHeldUntilItsFileIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	first, second := open(), open()
	if _, err := first.WriteString("who"); err != nil {
		t.Fatal(err)
	}
	if err := durable.Lock(first); err != nil {
		t.Fatal(err)
	}
	if err := durable.Lock(second); !errors.Is(err, durable.ErrLocked) {
		t.Errorf("the second lock: %v", err)
	}
	if said, err := io.ReadAll(second); string(said) != "who" || err != nil {
		t.Errorf("the file of a held lock reads %q, %v", said, err)
	}
	first.Close()
	if err := durable.Lock(second); err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
}

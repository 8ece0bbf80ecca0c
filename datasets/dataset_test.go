package datasets

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// sharedData is where a developer's copies of public datasets lie.
const sharedData = "../../shared/data"

func TestChaseRealCopy(t *testing.T) {
	if _, err := os.Stat(filepath.Join(sharedData, "CHASE_DB1")); err != nil {
		t.Skip("no copy of CHASE_DB1 beside the project")
	}
	start := time.Now()
	ds, err := Open(Config{Name: "CHASE_DB1", Patch: 48, Patches: 320, ValidationPatches: 32, Cache: t.TempDir()}, sharedData, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("open", time.Since(start))
	if ds.Phantom {
		t.Error("a real copy was taken for missing")
	}
	src, err := ds.TrainSource(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("source", time.Since(start))
	s := Stream(context.Background(), src, 32, 0, 0, 2, 3)
	defer s.Close()
	n := 0
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n += b.N
		if v := slices.Max(b.Targets); v != 1 {
			t.Error("no vessel in a batch")
		}
		s.Recycle(b)
	}
	t.Log("epoch", n, time.Since(start))
	split, _ := ds.Split(0)
	m, err := ds.Load(split.Test[0])
	if err != nil {
		t.Fatal(err)
	}
	norm, _ := ds.Normalization(0)
	t.Log(m.ID, m.Width, m.Height, m.Channels, m.FOVSource, norm, len(split.Train), len(split.Test), ds.Facts())
}

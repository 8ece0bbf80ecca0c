package segment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"r2unet/experiments/marks"
	"r2unet/internal/durable"
	"r2unet/internal/durable/faults"
)

// run segments on a given file system.
func run(t *testing.T, checkpoint, images, out string, fs durable.FS) (said string, err error) {
	t.Helper()
	var output strings.Builder
	err = Run(t.Context(), Options{
		Settings: Settings{Threshold: 0.5}, Checkpoints: []string{checkpoint}, Images: []string{images}, Out: out,
		Device: "ref", Stdout: &output, fs: fs,
	})
	return output.String(), err
}

// TestFullDiskEndsAtItsFirstFailure fails every operation in turn: segment ends there, leaves no partial result, and
// can continue afterwards.
func TestFullDiskEndsAtItsFirstFailure(t *testing.T) {
	checkpoint, dir := network(t, plain), t.TempDir()
	for i := range 3 {
		put(t, picture(t, 5+i, 4), dir, fmt.Sprintf("%d.png", i))
	}
	faultless := &faults.FS{}
	if _, err := run(t, checkpoint, dir, filepath.Join(t.TempDir(), "out"), faultless); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= faultless.Operations(); at++ {
		out := filepath.Join(t.TempDir(), "out")
		full := &faults.FS{At: at, Err: syscall.ENOSPC, Forever: true}
		said, err := run(t, checkpoint, dir, out, full)
		var bad *BadInput
		var failed *Failed
		if !errors.Is(err, syscall.ENOSPC) || errors.As(err, &bad) || errors.As(err, &failed) ||
			strings.Contains(said, "failed") {
			t.Errorf("operation %d: error %v, said %q", at, err, said)
		}
		if strings.Contains(fmt.Sprint(err), ".tmp-") {
			t.Errorf("operation %d: the error names a temporary file: %v", at, err)
		}
		if full.Operations() > at+4 {
			t.Errorf("operation %d: %d more were tried", at, full.Operations()-at)
		}
		if said, err := run(t, checkpoint, dir, out, durable.OS); err != nil ||
			strings.Count(said, "] ")+strings.Count(said, "done before") == 0 {
			t.Errorf("operation %d, again: %v, said %q", at, err, said)
		}
		entries, err := os.ReadDir(out)
		if err != nil || len(entries) != 6 {
			t.Errorf("operation %d, again: %d files, %v", at, len(entries), err)
		}
	}
}

func TestFolderThatCannotBeWrittenIsBadInput(t *testing.T) {
	checkpoint, dir := network(t, plain), t.TempDir()
	put(t, picture(t, 5, 4), dir, "a.png")
	for at := 1; at <= 2; at++ {
		out := filepath.Join(t.TempDir(), "out")
		said, err := run(t, checkpoint, dir, out, &faults.FS{
			At: at, Err: &os.PathError{Op: "open", Path: "/x/.a.tmp-1", Err: syscall.EROFS},
		})
		var bad *BadInput
		if !errors.As(err, &bad) || err.Error() != "-out "+out+": cannot be written: read-only file system" ||
			said != "" {
			t.Errorf("operation %d: error %v, said %q", at, err, said)
		}
	}
}

func TestNameThatIsTooLongIsToldBeforeTheNetworkComputes(t *testing.T) {
	checkpoint, dir, out := network(t, plain), t.TempDir(), filepath.Join(t.TempDir(), "out")
	long := strings.Repeat("x", 245) + ".png"
	put(t, picture(t, 5, 4), dir, long)
	put(t, picture(t, 5, 4), dir, "y.png")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	said, written, err := segmented(t, checkpoint, dir, out)
	var failed *Failed
	if !errors.As(err, &failed) || failed.Failed != 1 || len(written) != 2 ||
		!strings.Contains(said[long], "cannot be written: file name too long") {
		t.Errorf("error %v, written %q, said %q", err, written, said)
	}
}

func TestLeftoversOfOtherImagesStay(t *testing.T) {
	checkpoint, dir, out := network(t, plain), t.TempDir(), filepath.Join(t.TempDir(), "out")
	put(t, picture(t, 5, 4), dir, "sub", "a.png")
	for _, name := range []string{
		"sub/.a_mask.png.tmp-1", "sub/.a_page12_probability.png.tmp-23", ".probe_probability.png.tmp-4",
	} {
		put(t, nil, out, name)
	}
	kept := []string{"sub/.b_mask.png.tmp-1", "sub/.a_mask.png.tmp-x", "sub/.a.json.tmp-1", ".b_mask.png.tmp-1"}
	for _, name := range kept {
		put(t, nil, out, name)
	}
	_, written, err := segmented(t, checkpoint, dir, out)
	want := append(kept, "sub/a_mask.png", "sub/a_probability.png")
	slices.Sort(want)
	slices.Sort(written)
	if err != nil || !slices.Equal(written, want) {
		t.Errorf("error %v, there are %q, want %q", err, written, want)
	}
}

func TestMaskThatIsAProbabilityIsMadeAnew(t *testing.T) {
	checkpoint, dir, out := network(t, plain), t.TempDir(), filepath.Join(t.TempDir(), "out")
	put(t, picture(t, 5, 4), dir, "a.png")
	if _, err := run(t, checkpoint, dir, out, nil); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(out, "a"+probabilityEnding))
	if err != nil {
		t.Fatal(err)
	}
	put(t, content, out, "a"+maskEnding)
	if said, err := run(t, checkpoint, dir, out, nil); err != nil ||
		!strings.Contains(said, "done anew: the file of the mask was a probability") {
		t.Errorf("error %v, said %q", err, said)
	}
}

func TestNamesMeetWhereCaseIsNotTold(t *testing.T) {
	paths := []string{"a.png", "A.tif", "b/c.png", "B/d.png"}
	for _, c := range []struct {
		fold bool
		want map[string]string
	}{
		{false, map[string]string{"a.png": "a", "A.tif": "A", "b/c.png": "b/c", "B/d.png": "B/d"}},
		{true, map[string]string{"a.png": "a.png", "A.tif": "A.tif", "b/c.png": "b/c", "B/d.png": "B/d"}},
	} {
		for path, name := range nameResults(paths, c.fold) {
			if filepath.ToSlash(name) != c.want[path] {
				t.Errorf("fold %t: the results of %s go to %s, want %s", c.fold, path, name, c.want[path])
			}
		}
	}
	if foldsCase(filepath.Join(t.TempDir(), "not", "there")) {
		t.Log("this file system does not tell upper from lower case")
	}
}

func TestMarkComesBackAndTellsChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	want := mark{Image: "a", Network: "b", Threshold: 0.5, Device: "cpu", Doubts: []string{maskEmpty}}
	signed, err := marks.Sign(picture(t, 4, 3), want)
	if err != nil {
		t.Fatal(err)
	}
	put(t, signed, path)
	got, ok, err := marks.Read(path)
	if err != nil || !ok || difference(got, want) != "" || len(got.Doubts) != 1 {
		t.Errorf("mark %+v, %t, %v", got, ok, err)
	}
	_, start, end, _ := marks.Parse(signed)
	for at := range signed {
		if at >= start && at < end {
			continue // the mark itself: what it says then differs, or it is none
		}
		changed := append([]byte(nil), signed...)
		changed[at] ^= 4
		put(t, changed, path)
		if same, err := unchanged(path); err != nil || same {
			t.Fatalf("a changed byte %d is not noticed, %v", at, err)
		}
	}
	for n := range end {
		if _, _, _, ok := marks.Parse(signed[:n]); ok {
			t.Fatalf("%d of %d bytes of a mark are taken for one", n, end)
		}
	}
}

package segment

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"r2unet/internal/cli"
)

// stack is a TIFF file of grey pages of 6×4 px with an orientation.
func stack(pages, orientation int) []byte {
	const width, height = 6, 4
	le := binary.LittleEndian
	file := []byte("II*\x00\x08\x00\x00\x00")
	for page := range pages {
		entries := [][2]int{
			{256, width},
			{257, height},
			{258, 8},
			{259, 1},
			{262, 1},
			{273, 0},
			{274, orientation},
			{277, 1},
			{278, height},
			{279, width * height},
		}
		pixels := len(file) + 2 + 12*len(entries) + 4
		file = le.AppendUint16(file, uint16(len(entries)))
		for _, e := range entries {
			if e[0] == 273 {
				e[1] = pixels
			}
			file = le.AppendUint16(le.AppendUint16(file, uint16(e[0])), 4)
			file = le.AppendUint32(le.AppendUint32(file, 1), uint32(e[1]))
		}
		next := pixels + width*height
		if page == pages-1 {
			next = 0
		}
		file = le.AppendUint32(file, uint32(next))
		for i := range width * height {
			file = append(file, byte(10*i+page))
		}
	}
	return file
}

func TestEachPageHasAResultAndPagesAreGoneOnWith(t *testing.T) {
	checkpoint, dir, out := network(t, plain), t.TempDir(), filepath.Join(t.TempDir(), "out")
	put(t, stack(3, 1), dir, "stack.tif")
	put(t, stack(1, 1), dir, "stack_page1.tif") // its results would have the names of the first page's
	said, written, err := segmented(t, checkpoint, dir, out)
	var failed *Failed
	if !errors.As(err, &failed) || failed.Failed != 1 ||
		!strings.Contains(said["stack_page1.tif"], "its results would replace those of stack.tif") {
		t.Errorf("error %v, said %q", err, said)
	}
	var want []string
	for i := range 3 {
		name := fmt.Sprintf("stack_page%d", i+1)
		want = append(want, name+maskEnding, name+probabilityEnding)
	}
	slices.Sort(written)
	if !slices.Equal(written, want) {
		t.Errorf("written are %q, want %q", written, want)
	}
	if err := os.Remove(filepath.Join(dir, "stack_page1.tif")); err != nil {
		t.Fatal(err)
	}
	if said, err := run(t, checkpoint, dir, out, nil); err != nil ||
		!strings.Contains(said, "1 of 1 images were done before") {
		t.Errorf("again: error %v, said %q", err, said)
	}
	put(t, stack(2, 1), dir, "stack.tif")
	if said, err := run(t, checkpoint, dir, out, nil); err != nil ||
		!strings.Contains(said, "done anew: the image has changed") {
		t.Errorf("changed: error %v, said %q", err, said)
	}
}

func TestResultsLieOnThePictureAsViewersShowIt(t *testing.T) {
	checkpoint, dir, out := network(t, plain), t.TempDir(), filepath.Join(t.TempDir(), "out")
	for orientation, want := range map[int]string{1: "6×4", 3: "6×4", 6: "4×6", 8: "4×6"} {
		name := fmt.Sprint("turned", orientation)
		put(t, stack(1, orientation), dir, name+".tif")
		if _, err := run(t, checkpoint, filepath.Join(dir, name+".tif"), out, nil); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(out, name+maskEnding))
		if err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(bytes.NewReader(content))
		if got := fmt.Sprintf("%d×%d", config.Width, config.Height); err != nil || got != want {
			t.Errorf("orientation %d: a mask of %s px, want %s, %v", orientation, got, want, err)
		}
	}
}

func TestSignalIsHeardDuringWorkThatDoesNotHearIt(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	begun, end := make(chan bool), make(chan bool)
	go func() {
		<-begun
		stop()
	}()
	_, err := await(ctx, func() (int, error) {
		close(begun)
		<-end
		return 1, nil
	})
	close(end)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestStoppedSegmentSaysThatItCanGoOn(t *testing.T) {
	checkpoint, dir := network(t, plain), t.TempDir()
	put(t, picture(t, 5, 4), dir, "a.png")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	o := Options{
		Settings: Settings{Threshold: 0.5}, Checkpoints: []string{checkpoint}, Images: []string{dir},
		Out: filepath.Join(t.TempDir(), "out"), Device: "ref", Stdout: &bytes.Buffer{},
	}
	if err := Run(ctx, o); cli.ExitCode(err) != cli.ExitInterrupted ||
		!strings.Contains(err.Error(), "run the same command again") {
		t.Errorf("error %v", err)
	}
}

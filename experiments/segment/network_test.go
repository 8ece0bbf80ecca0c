package segment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets"
	"r2unet/datasets/raster"
	"r2unet/datasets/tiff"
	"r2unet/internal/checkpoint"
)

// spoil changes tensors of a checkpoint and seals it again.
func spoil(t *testing.T, dir string, change func(*checkpoint.Tensor)) string {
	t.Helper()
	return rewritten(t, dir, func(f *checkpoint.File) {
		for i := range f.Tensors {
			change(&f.Tensors[i])
		}
	})
}

// rewritten changes a checkpoint and seals it again.
func rewritten(t *testing.T, dir string, change func(*checkpoint.File)) string {
	t.Helper()
	path := filepath.Join(dir, "checkpoint.safetensors")
	f, err := checkpoint.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	change(f)
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(checkpoint.Encode(out, f), out.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCheckpointThatCannotComputeIsBadInput(t *testing.T) {
	dir := t.TempDir()
	put(t, picture(t, 5, 4), dir, "a.png")
	for _, c := range []struct {
		ending string
		value  float64
		want   string
	}{
		{"weight", math.NaN(), "weight is NaN"},
		{"weight", math.Inf(1), "weight is +Inf"},
		{"weight", -3e38, "weight is -3e+38"},
		{"running_var", -1, "running_var is -1: a variance is not negative"},
		{"running_mean", math.Inf(-1), "running_mean is -Inf"},
	} {
		broken := spoil(t, network(t, plain), func(tensor *checkpoint.Tensor) {
			if strings.HasSuffix(tensor.Name, c.ending) && !strings.HasPrefix(tensor.Name, "adam") {
				tensor.Data[len(tensor.Data)-1] = float32(c.value)
			}
		})
		var bad *BadInput
		if _, written, err := segmented(t, broken, dir, filepath.Join(t.TempDir(), "out")); !errors.As(err, &bad) ||
			!strings.Contains(err.Error(), c.want) || len(written) > 0 {
			t.Errorf("%s = %g: error %v, written %q", c.ending, c.value, err, written)
		}
	}
}

// TestProbabilitiesThatAreNoneAreNoMask: finite weights can overflow during prediction.
func TestProbabilitiesThatAreNoneAreNoMask(t *testing.T) {
	dir := t.TempDir()
	put(t, picture(t, 9, 8), dir, "a.png")
	huge := spoil(t, network(t, plain), func(tensor *checkpoint.Tensor) {
		if strings.HasPrefix(tensor.Name, "adam") {
			return
		}
		for i := range tensor.Data {
			switch {
			case strings.HasSuffix(tensor.Name, "running_var"):
				tensor.Data[i] = 0
			case tensor.Data[i] != 0:
				tensor.Data[i] = float32(math.Copysign(1e17, float64(tensor.Data[i])))
			}
		}
	})
	said, written, err := segmented(t, huge, dir, filepath.Join(t.TempDir(), "out"))
	var failed *Failed
	if !errors.As(err, &failed) || len(written) > 0 ||
		!strings.Contains(said["a.png"], "the network gives the probability NaN") {
		t.Errorf("error %v, said %q, written %q", err, said, written)
	}
}

func TestFileOfAnotherProgramIsNoCheckpointAndNotDamaged(t *testing.T) {
	dir := t.TempDir()
	header := `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
	put(t, append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+"\x00\x00\x80\x3f"...), dir,
		"other.safetensors")
	put(t, picture(t, 5, 4), dir, "a.png")
	_, _, err := segmented(t, filepath.Join(dir, "other.safetensors"), dir, filepath.Join(dir, "out"))
	var bad *BadInput
	if !errors.As(err, &bad) || strings.Contains(err.Error(), "damaged") ||
		!strings.Contains(err.Error(), "its metadata lack content_sha256, config, recipe") {
		t.Errorf("error %v", err)
	}
}

// ct is a network for CT numbers.
var ct = datasets.Recipe{CT: true, Input: "grey", Window: [2]float64{-1000, 400}, Normalization: plain.Normalization}

// slice is a TIFF file of 16-bit samples.
func slice(t *testing.T, kind raster.Type, values ...int) []byte {
	t.Helper()
	m := raster.New(4, len(values)/4, 1, kind)
	for i, v := range values {
		binary.LittleEndian.PutUint16(m.Data[2*i:], uint16(v))
	}
	var file bytes.Buffer
	if err := tiff.Encode(&file, m, tiff.Options{}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestPicturesOfAnotherKindThanTheNetworksAreToldOf(t *testing.T) {
	air := slice(t, raster.Int16, -1000, -900, 40, 60, 0, 0, 0, 0)
	shifted := slice(t, raster.Uint16, 24, 100, 1040, 1060, 0, 0, 0, 0)
	for _, c := range []struct {
		recipe datasets.Recipe
		file   []byte
		want   string
	}{
		{ct, air, ""},
		{ct, shifted, "none below 0, but CT numbers of air are about −1000"},
		{ct, picture(t, 5, 4), "has 8 bits, so somebody has windowed its CT numbers already"},
		{plain, picture(t, 5, 4), "is grey, but the network was trained on photographs"},
	} {
		dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
		put(t, c.file, dir, "a.file")
		put(t, c.file, dir, "b.file")
		checkpoint := network(t, c.recipe)
		for _, time := range []string{"first", "again"} {
			said, err := run(t, checkpoint, dir, out, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && strings.Contains(said, "CT numbers") || !strings.Contains(said, c.want) ||
				c.want != "" && !strings.Contains(said, "; the same of b.file: 2 of 2") {
				t.Errorf("%s time, want %q, said %q", time, c.want, said)
			}
		}
	}
	dir := t.TempDir()
	put(t, air, dir, "a.tif")
	if said, _, err := segmented(t, network(t, plain), dir, filepath.Join(dir, "out")); err == nil ||
		!strings.Contains(said["a.tif"], "samples of type int16 have no white") {
		t.Errorf("signed samples for photographs: %v, said %q", err, said)
	}
}

func TestMasksOfOneValueAreToldOf(t *testing.T) {
	for want, mask := range map[string][]uint8{maskEmpty: {0, 0, 0, 1}, maskFull: {1, 1, 1, 0}, "": {1, 0, 1, 0}} {
		got := strings.Join(doubtsOfMask(mask, []uint8{1, 1, 1, 0}), "")
		if got != want {
			t.Errorf("mask %v: %q, want %q", mask, got, want)
		}
	}
}

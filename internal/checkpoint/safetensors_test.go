package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func example() *File {
	return &File{
		Metadata: map[string]string{"arch": "r2unet", "note": "quotes \" and ü"},
		Tensors: []Tensor{
			{
				Name: "encoder.0.units.0.conv.weight", Shape: []int{2, 1, 1, 2},
				Data: []float32{1, -2, float32(math.Inf(1)), 1e-40},
			},
			{Name: "scalar", Data: []float32{3}},
			{Name: "none", Shape: []int{0, 3}, Data: []float32{}},
		},
	}
}

func encode(t testing.TB, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// raw builds a file from a header as text and a number of data bytes, without any check.
func raw(header string, size int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, size)...)
}

func TestRoundTripKeepsEveryBit(t *testing.T) {
	want := example()
	got, err := Decode(encode(t, want))
	if err != nil {
		t.Fatal(err)
	}
	delete(got.Metadata, HashKey)
	want.Tensors[1].Shape = []int{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestSameContentGivesSameBytes(t *testing.T) {
	if !bytes.Equal(encode(t, example()), encode(t, example())) {
		t.Error("two encodings differ")
	}
}

// TestFileAndStreamGetTheSameBytes: a file, in which the hash is filled in at the end, gets the same bytes as a
// stream.
func TestFileAndStreamGetTheSameBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	large := example()
	large.Tensors = append(large.Tensors, Tensor{Name: "large", Shape: []int{300_001}, Data: make([]float32, 300_001)})
	for _, f := range []*File{example(), large} {
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(Encode(file, f), file.Close()); err != nil {
			t.Fatal(err)
		}
		if content, err := os.ReadFile(path); err != nil || !bytes.Equal(content, encode(t, f)) {
			t.Errorf("the file differs from the stream, %v", err)
		}
		if _, err := ReadFile(path); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryFlippedByteIsNoticed(t *testing.T) {
	data := encode(t, example())
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if f, err := Decode(bad); err == nil && f.Sealed() {
			t.Errorf("byte %d of %d changed unnoticed", i, len(data))
		}
	}
}

func TestEveryTruncationIsNoticed(t *testing.T) {
	data := encode(t, example())
	for n := range data {
		if _, err := Decode(data[:n]); err == nil {
			t.Errorf("the first %d of %d bytes were taken for a whole file", n, len(data))
		}
	}
}

func TestDamageIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	data := encode(t, example())
	data[len(data)-1] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := ReadFile(path)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v; want ErrDamaged with the path", err)
	}
}

func TestHostileHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":       {nil, "too short"},
		"length 2^63": {append(bytes.Repeat([]byte{0xff}, 8), 'x'), "claims"},
		"no JSON":     {raw("hello", 0), "not a JSON object"},
		"array":       {raw("[]", 0), "not a JSON object"},
		"unclosed":    {raw(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}`, 4), "parse header"},
		"trailing":    {raw(`{} {}`, 0), "continues after"},
		"type":        {raw(`{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, 4), "only F32"},
		"duplicate": {
			raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},`+
				`"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "twice",
		},
		"overlap": {
			raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},`+
				`"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), "overlap",
		},
		"gap":          {raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "gap"},
		"rest":         {raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 8), "is damaged"},
		"past the end": {raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4), "is cut off or damaged"},
		"reversed":     {raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4), "bytes"},
		"overflow": {
			raw(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0),
			"too large",
		},
		"negative":        {raw(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4), "negative"},
		"wrong size":      {raw(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "does not fill"},
		"one offset":      {raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`, 4), "has 1 offsets"},
		"unknown field":   {raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}`, 4), "unknown field"},
		"metadata type":   {raw(`{"__metadata__":{"a":1}}`, 0), "metadata"},
		"no hash at hash": {raw(`{"__metadata__":{"content_sha256":"abc"}}`, 0), "not a SHA-256"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(c.data)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v; want an error with %q", err, c.want)
			}
		})
	}
}

func TestEncodeRefusesWrongShapes(t *testing.T) {
	for _, tensors := range [][]Tensor{
		{{Name: "a", Shape: []int{2}, Data: []float32{1}}},
		{{Name: "a", Data: []float32{1}}, {Name: "a", Data: []float32{1}}},
		{{Name: metadataKey, Data: []float32{1}}},
	} {
		if err := Encode(&bytes.Buffer{}, &File{Tensors: tensors}); err == nil {
			t.Errorf("%v was written", tensors)
		}
	}
}

// TestCountsOfPyTorchAreLeftOut: a state_dict has one beside each batch norm.
func TestCountsOfPyTorchAreLeftOut(t *testing.T) {
	const counts = `"n.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}`
	f, err := Decode(raw(`{`+counts+`,"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12))
	if err != nil || len(f.Tensors) != 1 || f.Tensors[0].Name != "a" {
		t.Errorf("%+v, %v; want a alone", f, err)
	}
	for name, header := range map[string]string{
		"another I64":     `{"n.weight":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}`,
		"a count of four": `{"n.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,4]}}`,
	} {
		if _, err := Decode(raw(header, 8)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

package checkpoint

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/internal/alloctest"
)

// FuzzDecode: any bytes decode to tensors that encode to the same bits again, or to an error that names the file, at
// a cost of a small multiple of their number.
func FuzzDecode(f *testing.F) {
	f.Add(encode(f, example()))
	f.Add(raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4))
	f.Add(raw(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0))
	path := filepath.Join(f.TempDir(), "stranger.safetensors")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		var file *File
		var err error
		alloctest.AtMost(t, 64*len(data), func() { file, err = ReadFile(path) })
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		again, err := Decode(encode(t, file))
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Tensors) != len(file.Tensors) || len(again.Metadata) < len(file.Metadata) {
			t.Fatalf("%d tensors became %d, %d entries of metadata %d", len(file.Tensors), len(again.Tensors),
				len(file.Metadata), len(again.Metadata))
		}
		for i, want := range file.Tensors {
			got := again.Tensors[i]
			if got.Name != want.Name || len(got.Data) != len(want.Data) {
				t.Fatalf("tensor %q of %d values became %q of %d", want.Name, len(want.Data), got.Name, len(got.Data))
			}
			for k, v := range want.Data {
				if math.Float32bits(v) != math.Float32bits(got.Data[k]) {
					t.Fatalf("tensor %q: value %d changed its bits", want.Name, k)
				}
			}
		}
	})
}

// TestHostileHeaderCostsAMultipleOfItsSize: headers constructed to be as expensive as possible.
func TestHostileHeaderCostsAMultipleOfItsSize(t *testing.T) {
	const n = 1 << 20
	header := func(open, element, end string) string {
		return open + strings.TrimSuffix(strings.Repeat(element, n/len(element)), ",") + end
	}
	for name, text := range map[string]string{
		"nested objects":       header("", `{"a":`, ""),
		"nested lists":         header(`{"a":`, "[", ""),
		"a shape of ones":      header(`{"a":{"dtype":"F32","shape":[`, "1,", `],"data_offsets":[0,0]}}`),
		"a shape of zeros":     header(`{"a":{"dtype":"F32","shape":[`, "0,", `],"data_offsets":[0,0]}}`),
		"offsets":              header(`{"a":{"dtype":"F32","shape":[],"data_offsets":[`, "0,", `]}}`),
		"a name of a megabyte": header(`{"`, "x", `":{"dtype":"F64"}}`),
		"metadata":             header(`{"__metadata__":{`, `"a":"",`, `}}`),
		"many empty tensors":   manyTensors(n),
		"spaces":               header("", " ", "{}"),
	} {
		t.Run(name, func(t *testing.T) {
			data := raw(text, 0)
			alloctest.AtMost(t, 64*len(data), func() {
				if _, err := Decode(data); err != nil && len(err.Error()) > 1000 {
					t.Errorf("an error of %d bytes", len(err.Error()))
				}
			})
		})
	}
}

// manyTensors returns a header of about the given number of bytes that lists empty tensors.
func manyTensors(bytesOfHeader int) string {
	var b bytes.Buffer
	for i := 0; b.Len() < bytesOfHeader; i++ {
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		name := strings.Repeat("x", i%7) +
			string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26))
		b.WriteString(`"` + name + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`)
	}
	return b.String() + "}"
}

// Package checkpoint reads and writes the files with which a run survives: named float32 tensors and text metadata in
// the safetensors format, sealed with a hash of their content.
//
// A file written here opens in PyTorch with safetensors.torch.load_file, and files written there open here if their
// tensors are F32. Decode is safe for untrusted files: whatever the bytes, it returns an error instead of panicking,
// and allocates no more than a small multiple of their number.
package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"unsafe"
)

// Tensor is a named array of float32 values in row-major order.
type Tensor struct {
	Name  string
	Shape []int // empty for a scalar
	Data  []float32
}

// File is the content of one safetensors file. Tensors keep their order.
type File struct {
	Metadata map[string]string
	Tensors  []Tensor
}

// Tensor returns a tensor by name.
func (f *File) Tensor(name string) (Tensor, bool) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, true
		}
	}
	return Tensor{}, false
}

// ReadFile reads the safetensors file at path. If the file is sealed (see File.Sealed), its hash is checked. Every
// error names the path.
func ReadFile(path string) (*File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would block until somebody writes into it
		return nil, fmt.Errorf("read tensors %s: not a regular file", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read tensors: %w", err)
	}
	f, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("read tensors %s: %w", path, err)
	}
	return f, nil
}

// Decode parses the bytes of a safetensors file: eight bytes of header length, a JSON header, and the tensors' values
// in little-endian order. The tensors must be F32 (PyTorch's counts of batches, I64, are left out) and cover the data
// without gap or overlap, as the format requires. The result shares no memory with data.
func Decode(data []byte) (*File, error) {
	header, body, err := split(data)
	if err != nil {
		return nil, err
	}
	metadata, entries, err := parseHeader(header, len(body))
	if err != nil {
		return nil, err
	}
	if err := verify(metadata, header, body); err != nil {
		return nil, err
	}
	f := &File{Metadata: metadata, Tensors: make([]Tensor, 0, len(entries))}
	for _, e := range entries {
		if !e.counts {
			f.Tensors = append(f.Tensors, Tensor{Name: e.name, Shape: e.shape, Data: decodeFloats(body[e.begin:e.end])})
		}
	}
	return f, nil
}

// prefix is the length of the header's length, in bytes.
const prefix = 8

// split separates the JSON header from the tensors' bytes.
func split(data []byte) (header, body []byte, err error) {
	if len(data) < prefix {
		return nil, nil, fmt.Errorf("the file has %d bytes: too short for a safetensors header", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(len(data)-prefix) {
		return nil, nil, fmt.Errorf(
			"the header claims %d bytes, but the file has %d: it is truncated or not a safetensors file", n, len(data))
	}
	return data[prefix : prefix+n], data[prefix+n:], nil
}

// Encode writes f as a safetensors file and seals it: the metadata entry "content_sha256" is replaced by the SHA-256
// of everything else. The same content always gives the same bytes. If w is an io.WriterAt, such as a file, hashing
// and writing are concurrent, and the hash is filled in at the end.
func Encode(w io.Writer, f *File) error {
	header, err := buildHeader(f)
	if err != nil {
		return err
	}
	hash, at := make(chan string, 1), hashPosition(header, hashPlaceholder)
	go func(header []byte) { hash <- contentHash(header, f.Tensors) }(slices.Clone(header))
	file, later := w.(io.WriterAt)
	if !later {
		copy(header[at:], <-hash)
	}
	if err = writeAll(w, header, f.Tensors); later {
		sum := <-hash
		if err == nil {
			_, err = file.WriteAt([]byte(sum), int64(prefix+at))
		}
	}
	if err != nil {
		return fmt.Errorf("write tensors: %w", err)
	}
	return nil
}

// writeAll writes the parts of a file in order.
func writeAll(w io.Writer, header []byte, tensors []Tensor) error {
	if err := binary.Write(w, binary.LittleEndian, uint64(len(header))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	return writeBody(w, tensors)
}

// buildHeader assigns consecutive offsets to the tensors and returns the JSON header, padded with spaces to a
// multiple of eight bytes. The hash in it is still the placeholder.
func buildHeader(f *File) ([]byte, error) {
	metadata := map[string]string{}
	for k, v := range f.Metadata {
		metadata[k] = v
	}
	metadata[HashKey] = hashPlaceholder
	encoded, err := json.Marshal(metadata)
	if err != nil {
		return nil, fmt.Errorf("encode metadata: %w", err)
	}
	header := append([]byte(`{"__metadata__":`), encoded...)
	offset := 0
	seen := map[string]bool{metadataKey: true}
	for _, t := range f.Tensors {
		if seen[t.Name] {
			return nil, fmt.Errorf("tensor name %q occurs twice or is reserved", t.Name)
		}
		seen[t.Name] = true
		count, err := elements(t.Shape)
		if err != nil || count != len(t.Data) {
			return nil, fmt.Errorf("tensor %s has shape %v but %d values", t.Name, t.Shape, len(t.Data))
		}
		name, err := json.Marshal(t.Name)
		if err != nil {
			return nil, fmt.Errorf("encode tensor name: %w", err)
		}
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		entry, err := json.Marshal(jsonEntry{Type: "F32", Shape: shape, Offsets: []int{offset, offset + 4*count}})
		if err != nil {
			return nil, fmt.Errorf("encode tensor %s: %w", t.Name, err)
		}
		header = append(header, ',')
		header = append(header, name...)
		header = append(header, ':')
		header = append(header, entry...)
		offset += 4 * count
	}
	header = append(header, '}')
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	return header, nil
}

// writeBody writes the tensors' values in order, a bounded part at a time.
func writeBody(w io.Writer, tensors []Tensor) error {
	buffer := make([]byte, 0, 1<<20)
	for _, t := range tensors {
		for values := t.Data; len(values) > 0; {
			n := min(len(values), cap(buffer)/4)
			if _, err := w.Write(littleEndian(values[:n], buffer)); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			values = values[n:]
		}
	}
	return nil
}

// littleEndian returns the bytes of values: in place on little-endian processors, otherwise in the buffer.
func littleEndian(values []float32, buffer []byte) []byte {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
	}
	buffer = buffer[:0]
	for _, v := range values {
		buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
	}
	return buffer
}

// decodeFloats decodes little-endian float32 values.
func decodeFloats(data []byte) []float32 {
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return values
}

package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Limits beyond any real tensor, which keep error messages readable.
const (
	maxName       = 1000 // bytes
	maxDimensions = 16
)

// countsSuffix ends the names of PyTorch's counts of the batches that a norm has seen, whole numbers that nothing here
// needs.
const countsSuffix = ".num_batches_tracked"

// metadataKey is the header entry that contains text and no tensor.
const metadataKey = "__metadata__"

// jsonEntry is one tensor in the JSON header.
type jsonEntry struct {
	Type    string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets []int  `json:"data_offsets"`
}

// entry is a tensor's position in the data, checked.
type entry struct {
	name       string
	shape      []int
	begin, end int  // bytes from the start of the data
	counts     bool // of batches, which are not read
}

// parseHeader reads the JSON header and checks it against the size of the data in bytes. Keys are
// read one by one, because encoding/json would let a later duplicate replace an earlier tensor.
func parseHeader(header []byte, size int) (map[string]string, []entry, error) {
	dec := json.NewDecoder(bytes.NewReader(header))
	dec.DisallowUnknownFields()
	if token, err := dec.Token(); err != nil || token != json.Delim('{') {
		return nil, nil, errors.New("the header is not a JSON object: not a safetensors file")
	}
	metadata := map[string]string{}
	var entries []entry
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, nil, fmt.Errorf("parse header: %w", err)
		}
		name := token.(string) // inside an object the decoder yields keys only as strings
		if len(name) > maxName {
			return nil, nil, fmt.Errorf("the header names %.40q…, which has %d bytes: at most %d are read",
				name, len(name), maxName)
		}
		if seen[name] {
			return nil, nil, fmt.Errorf("the header names %q twice", name)
		}
		seen[name] = true
		if name == metadataKey {
			if err := dec.Decode(&metadata); err != nil {
				return nil, nil, fmt.Errorf("parse metadata: %w", err)
			}
			continue
		}
		var raw jsonEntry
		if err := dec.Decode(&raw); err != nil {
			return nil, nil, fmt.Errorf("parse header of tensor %q: %w", name, err)
		}
		e, err := raw.check(name, size)
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, e)
	}
	if _, err := dec.Token(); err != nil {
		return nil, nil, fmt.Errorf("parse header: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, nil, errors.New("the header continues after its closing brace")
	}
	return metadata, entries, checkCoverage(entries, size)
}

// check converts the header's claims about one tensor to a position within the data.
func (raw jsonEntry) check(name string, size int) (entry, error) {
	width := 4
	counts := raw.Type == "I64" && strings.HasSuffix(name, countsSuffix)
	if counts {
		width = 8
	} else if raw.Type != "F32" {
		return entry{}, fmt.Errorf("tensor %q has type %.40q: only F32 is read, as checkpoints of this program have",
			name, raw.Type)
	}
	if len(raw.Offsets) != 2 {
		return entry{}, fmt.Errorf("tensor %q has %d offsets: a begin and an end were expected",
			name, len(raw.Offsets))
	}
	if len(raw.Shape) > maxDimensions {
		return entry{}, fmt.Errorf("tensor %q has %d dimensions: at most %d are read",
			name, len(raw.Shape), maxDimensions)
	}
	if raw.Offsets[0] >= 0 && raw.Offsets[1] >= raw.Offsets[0] && raw.Offsets[1] > size {
		return entry{}, fmt.Errorf("the file is cut off or damaged: tensor %q ends at byte %d of the data, of which "+
			"there are %d; copy the file again", name, raw.Offsets[1], size)
	}
	if raw.Offsets[0] < 0 || raw.Offsets[1] < raw.Offsets[0] {
		return entry{}, fmt.Errorf("tensor %q is at bytes %v, but the data has %d bytes", name, raw.Offsets, size)
	}
	count, err := elements(raw.Shape)
	if err != nil {
		return entry{}, fmt.Errorf("tensor %q: %w", name, err)
	}
	begin, end := raw.Offsets[0], raw.Offsets[1]
	if count > size/width || end-begin != width*count {
		return entry{}, fmt.Errorf("tensor %q has shape %v, which does not fill its %d bytes",
			name, raw.Shape, end-begin)
	}
	return entry{name: name, shape: raw.Shape, begin: begin, end: end, counts: counts}, nil
}

// checkCoverage returns an error for a gap or an overlap between the tensors.
func checkCoverage(entries []entry, size int) error {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	end := 0
	for _, e := range sorted {
		if e.begin != end {
			return fmt.Errorf("tensor %q begins at byte %d instead of byte %d: tensors overlap or leave a gap",
				e.name, e.begin, end)
		}
		end = e.end
	}
	if end != size {
		return fmt.Errorf("the tensors end at byte %d, but the data has %d: the file is damaged", end, size)
	}
	return nil
}

// elements returns the product of a shape's sizes; negative sizes and overflow are errors.
func elements(shape []int) (int, error) {
	count := 1
	for _, n := range shape {
		if n < 0 {
			return 0, fmt.Errorf("negative size in shape %v", shape)
		}
		if n > 0 && count > math.MaxInt32/n {
			return 0, fmt.Errorf("shape %v is too large", shape)
		}
		count *= n
	}
	return count, nil
}

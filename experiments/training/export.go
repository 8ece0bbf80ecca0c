package training

import (
	"bytes"
	"fmt"
	"maps"

	"r2unet/internal/checkpoint"
)

// Export returns a checkpoint with only what prediction needs, in the format of checkpoints: the tested weights with
// their running statistics, and what is known of them. The same checkpoint always gives the same bytes.
func Export(path string) ([]byte, error) {
	trained, err := ReadTrained(path)
	if err != nil {
		return nil, err
	}
	file, err := readSealed(path)
	if err != nil {
		return nil, err
	}
	metadata := maps.Clone(file.Metadata)
	delete(metadata, checkpoint.HashKey) // of the other content
	metadata[metaFinished] = "true"
	var out bytes.Buffer
	if err := checkpoint.Encode(&out, &checkpoint.File{Metadata: metadata, Tensors: trained.Tensors}); err != nil {
		return nil, fmt.Errorf("export %s: %w", path, err)
	}
	return out.Bytes(), nil
}

package record

import (
	"encoding/json"
	"fmt"
	"os"
)

// ReadJSON decodes a file of a run; if it is missing, os.IsNotExist recognizes the error.
func ReadJSON(path string, into any) error {
	return read(path, into, func(content []byte) []byte { return content })
}

// SkimJSON is ReadJSON of the part of a file that WithoutImages leaves.
func SkimJSON(path string, into any) error { return read(path, into, WithoutImages) }

func read(path string, into any, part func([]byte) []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > LargestRecord {
		return fmt.Errorf("read %s: it is no file of at most %d bytes, and was not written by a run",
			path, LargestRecord)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(part(content), into); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

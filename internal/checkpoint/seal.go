package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// HashKey is the metadata entry of a sealed file that contains the SHA-256 of the header and the data; while the hash
// is computed, the header contains the placeholder instead.
const HashKey = "content_sha256"

var hashPlaceholder = strings.Repeat("0", hex.EncodedLen(sha256.Size))

// ErrDamaged is wrapped by the error for a sealed file whose content does not have the hash that it states.
var ErrDamaged = errors.New("content does not match its hash: the file is damaged")

// Sealed reports whether the file contains a hash of its content, which Decode has then checked. Files of this
// program always do; a file of another program need not.
func (f *File) Sealed() bool {
	_, ok := f.Metadata[HashKey]
	return ok
}

// contentHash returns the hash of tensors and a header that contains the placeholder.
func contentHash(header []byte, tensors []Tensor) string {
	h := sha256.New()
	h.Write(header)
	if err := writeBody(h, tensors); err != nil {
		panic(err) // writing to a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}

// verify checks the hash of a sealed file; a file without one, from another program, passes.
func verify(metadata map[string]string, header, body []byte) error {
	stated, sealed := metadata[HashKey]
	if !sealed {
		return nil
	}
	at := hashPosition(header, stated)
	if at < 0 || len(stated) != len(hashPlaceholder) {
		return fmt.Errorf("metadata %s is not a SHA-256: %w", HashKey, ErrDamaged)
	}
	h := sha256.New()
	h.Write(header[:at])
	h.Write([]byte(hashPlaceholder))
	h.Write(header[at+len(stated):])
	h.Write(body)
	if got := hex.EncodeToString(h.Sum(nil)); got != stated {
		return fmt.Errorf("states %.8s…, has %.8s…: %w", stated, got, ErrDamaged)
	}
	return nil
}

// hashPosition returns the position in the header at which the value of HashKey begins; negative if it is not written
// in the form that Encode uses.
func hashPosition(header []byte, value string) int {
	before := `"` + HashKey + `":"`
	i := bytes.Index(header, []byte(before+value+`"`))
	if i < 0 {
		return -1
	}
	return i + len(before)
}

package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// HashKey is the metadata entry of a sealed file that holds the SHA-256 of the header and the data; while the hash is
// computed, the placeholder stands in its place.
const HashKey = "content_sha256"

var hashPlaceholder = strings.Repeat("0", hex.EncodedLen(sha256.Size))

// ErrDamaged is wrapped by the error of a sealed file whose content does not have the hash it states.
var ErrDamaged = errors.New("content does not match its hash: the file is damaged")

// Sealed says whether the file carries a hash of its content. Decode has then checked it. Files of this
// program always do; a file of another program need not.
func (f *File) Sealed() bool {
	_, ok := f.Metadata[HashKey]
	return ok
}

// contentHash is the hash of a header that has the placeholder in it and of tensors.
func contentHash(header []byte, tensors []Tensor) string {
	h := sha256.New()
	h.Write(header)
	if err := writeBody(h, tensors); err != nil {
		panic(err) // a hash takes every write
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
		return fmt.Errorf("metadata %s is no SHA-256: %w", HashKey, ErrDamaged)
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

// hashPosition finds where in the header the value of HashKey begins; negative where it is not written
// as Encode writes it.
func hashPosition(header []byte, value string) int {
	before := `"` + HashKey + `":"`
	i := bytes.Index(header, []byte(before+value+`"`))
	if i < 0 {
		return -1
	}
	return i + len(before)
}

package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// Whole returns an error if a file has another size than its header says, as a file has whose copying broke off. It
// reads the header alone, so that it sees no changed values.
func Whole(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var length [prefix]byte
	if _, err := io.ReadFull(f, length[:]); err != nil {
		return errors.New("is too short for a header")
	}
	n, rest := binary.LittleEndian.Uint64(length[:]), info.Size()-prefix
	if rest < 0 || rest > math.MaxInt || n > uint64(rest) {
		return fmt.Errorf("has %d bytes, fewer than its header says", info.Size())
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(f, header); err != nil {
		return err
	}
	_, _, err = parseHeader(header, int(rest)-int(n))
	return err
}

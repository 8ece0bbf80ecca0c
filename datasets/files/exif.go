package files

import (
	"bytes"
	"encoding/binary"
)

var (
	be = binary.BigEndian
	le = binary.LittleEndian
)

const tagOrientation = 274

// exifOrientation reads the orientation, 1 to 8, from an EXIF block, which has the form of a TIFF directory. If the
// block is damaged it returns 1: the picture is as it is stored.
func exifOrientation(block []byte) int {
	block = bytes.TrimPrefix(block, []byte("Exif\x00\x00"))
	if len(block) < 8 {
		return 1
	}
	var order binary.ByteOrder = le
	if string(block[:2]) == "MM" {
		order = be
	} else if string(block[:2]) != "II" {
		return 1
	}
	start := uint64(order.Uint32(block[4:]))
	if start+2 > uint64(len(block)) {
		return 1
	}
	entries := block[start+2:]
	for range order.Uint16(block[start:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == tagOrientation {
			v := int(order.Uint16(entries[8:]))
			if order.Uint16(entries[2:]) == 4 { // some writers use 32 bits
				v = int(order.Uint32(entries[8:]))
			}
			if v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

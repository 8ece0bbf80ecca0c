package dicom

import (
	"strconv"
	"strings"
)

// Spacing returns the distances in mm between the middles of neighbouring rows and of neighbouring columns, as the
// file's Pixel Spacing says; zeros if it does not, or if the file is not DICOM.
func Spacing(data []byte) (mm [2]float64) {
	e, err := read(data)
	if err != nil {
		return mm
	}
	rows, columns, _ := strings.Cut(e.text(tagPixelSpacing), `\`)
	for i, text := range []string{rows, columns} {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || !(v > 0 && v < 1e6) {
			return [2]float64{}
		}
		mm[i] = v
	}
	return mm
}

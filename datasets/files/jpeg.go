package files

import (
	"bytes"
	"fmt"

	"r2unet/datasets/raster"
)

// Markers of a JPEG file, without the leading 0xff.
const (
	markerTEM   = 0x01
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP1  = 0xe1
	markerAPP14 = 0xee
)

// maxScans limits the passes over a JPEG's pixels to the number that libjpeg-turbo's own tools allow. Cameras write
// one and programs about ten; each takes as long as a whole picture and may consist of a few bytes.
const maxScans = 500

// adobe is an APP14 segment which says that four channels are cyan, magenta, yellow and black as Adobe's programs
// store them. libjpeg and PIL assume the same of files with four channels that lack it.
var adobe = []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")

// examineJPEG walks through the segments, and over the pixels of all scans.
func examineJPEG(data []byte) (facts, error) {
	f := facts{orientation: 1, bits: 8, expansion: raster.ExpansionJPEG}
	scans, channels, isAdobe, isTurned := 0, 0, false, false
	for at := 2; at < len(data); {
		skip := bytes.IndexByte(data[at:], 0xff)
		if skip < 0 {
			break
		}
		at += skip + 1
		for at < len(data) && data[at] == 0xff { // fill bytes
			at++
		}
		if at == len(data) {
			break
		}
		marker := data[at]
		at++
		switch {
		case marker == 0, marker == markerTEM, marker >= markerRST0 && marker <= markerRST7, marker == markerSOI:
			continue // pixels, or a marker without a segment
		case marker == markerEOI:
			at = len(data) // what follows, such as a preview, is not decoded
			continue
		}
		if len(data)-at < 2 {
			break
		}
		n := int(be.Uint16(data[at:]))
		if n < 2 || n > len(data)-at {
			break
		}
		body := data[at+2 : at+n]
		switch {
		case marker == markerSOS:
			if scans++; scans > maxScans {
				return f, fmt.Errorf("the file has more than %d scans, each of which takes as long as a whole "+
					"picture; save it as an ordinary JPEG", maxScans)
			}
		case marker == markerAPP1 && !isTurned && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			f.orientation, isTurned = exifOrientation(body), true
		case marker == markerAPP14 && bytes.HasPrefix(body, []byte("Adobe")):
			isAdobe = true
		case marker >= 0xc0 && marker <= 0xc2 && len(body) > 5:
			channels = int(body[5])
		}
		at += n
	}
	if channels == 4 && !isAdobe {
		f.insert = adobe
	}
	return f, nil
}

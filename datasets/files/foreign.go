package files

import (
	"bytes"
	"fmt"
	"slices"
)

// known lists formats that are not supported but may hold pictures.
var known = []struct {
	name   string
	starts func([]byte) bool
}{
	{"a Git LFS pointer, not the file itself; fetch it with git lfs pull", begins("version https://git-lfs")},
	{"a web page, which a server may have sent in place of the file; download it again", page},
	{"a JPEG 2000 picture", begins("\x00\x00\x00\x0cjP  ", "\xff\x4f\xff\x51")},
	{"a JPEG XL picture", begins("\xff\x0a", "\x00\x00\x00\x0cJXL ")},
	{"an AVIF picture", brand("avif", "avis")},
	{"a HEIC picture", brand("heic", "heix", "heim", "heis", "hevc", "mif1", "msf1")},
	{"a film", brand("")},
	{"a NIfTI volume", nifti},
	{"an NRRD volume", begins("NRRD")},
	{"a MetaImage", begins("ObjectType", "NDims")},
	{"an HDF5 or MATLAB 7.3 file", begins("\x89HDF\r\n\x1a\n")},
	{"a MATLAB file", begins("MATLAB 5.0 MAT-file")},
	{"a NumPy array", begins("\x93NUMPY")},
	{"a Photoshop file", begins("8BPS")},
	{"an OpenEXR picture", begins("\x76\x2f\x31\x01")},
	{"a PDF document", begins("%PDF-")},
	{"a PostScript file", begins("%!PS", "\xc5\xd0\xd3\xc6")},
	{"a zip archive; unpack it", begins("PK\x03\x04")},
	{"a RAR archive; unpack it", begins("Rar!\x1a")},
	{"a 7z archive; unpack it", begins("7z\xbc\xaf\x27\x1c")},
	{"an XZ archive; unpack it", begins("\xfd7zXZ\x00")},
	{"a bzip2 archive; unpack it", begins("BZh")},
	{"an icon", begins("\x00\x00\x01\x00")},
	{"a Targa picture", targa},
}

// foreign returns an error that names an unsupported format, as far as it can be recognized.
func foreign(data []byte) error {
	for _, k := range known {
		if k.starts(data) {
			return fmt.Errorf("%w; it is %s", errFormat, k.name)
		}
	}
	if len(data) > 0 && bytes.Count(data, data[:1]) == len(data) {
		return fmt.Errorf("%w; all its %d bytes are %d, as if it had been copied or downloaded only in part",
			errFormat, len(data), data[0])
	}
	return errFormat
}

// page reports whether data are HTML, or the XML of an SVG or an error message.
func page(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ToLower(bytes.TrimLeft(data[:min(len(data), 1024)], " \t\r\n"))
	return begins("<!doctype", "<html", "<head", "<?xml", "<svg", "<!--")(data)
}

// brand reports whether data are an ISO base media file of one of the given brands.
func brand(kinds ...string) func([]byte) bool {
	return func(data []byte) bool {
		return len(data) >= 12 && string(data[4:8]) == "ftyp" &&
			(kinds[0] == "" || slices.Contains(kinds, string(data[8:12])))
	}
}

// nifti reports whether data are a NIfTI volume, whose header is 348 or 540 bytes long.
func nifti(data []byte) bool {
	return len(data) > 348 && slices.Contains([]string{"n+1\x00", "ni1\x00"}, string(data[344:348])) ||
		len(data) > 8 && string(data[4:8]) == "n+2\x00"
}

// targa reports whether data look like a Targa picture. The format has no magic number, only a footer in its later
// version.
func targa(data []byte) bool {
	if bytes.HasSuffix(data, []byte("TRUEVISION-XFILE.\x00")) {
		return true
	}
	return len(data) > 18 && data[1] <= 1 && slices.Contains([]byte{1, 2, 3, 9, 10, 11}, data[2]) &&
		le.Uint16(data[12:]) > 0 && le.Uint16(data[14:]) > 0 &&
		slices.Contains([]byte{8, 15, 16, 24, 32}, data[16])
}

package files

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"unicode/utf8"
)

// HeadBytes is the number of bytes of a file that Recognize uses at most.
const HeadBytes = 4096

// Recognize reports whether a file with this head is a picture of a supported format, whatever its name, and if not,
// what it seems to be. Formats that begin with two letters need more than these, because texts may begin with them
// too.
func Recognize(head []byte) (picture bool, what string) {
	if f, err := sniff(head); err != nil || f == nil || !certain(head) {
		for _, k := range known {
			if k.starts(head) {
				return false, k.name
			}
		}
		return false, describe(head)
	}
	return true, ""
}

// certain reports whether the first bytes of a file are those of a format and not a coincidence.
func certain(head []byte) bool {
	switch {
	case bytes.HasPrefix(head, []byte("II")):
		return len(head) > 3 && (head[2] == 42 || head[2] == 43) && head[3] == 0
	case bytes.HasPrefix(head, []byte("MM")):
		return len(head) > 3 && head[2] == 0 && (head[3] == 42 || head[3] == 43)
	case bytes.HasPrefix(head, []byte("BM")): // headers have one of a few sizes
		return len(head) > 17 && strings.IndexByte("\x0c\x28\x34\x38\x40\x6c\x7c", head[14]) >= 0 &&
			string(head[15:18]) == "\x00\x00\x00"
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		inside := unzipped(head)
		return isNetpbm(inside) && certain(inside)
	case isNetpbm(head):
		return netpbmNumber(head[2:])
	}
	return true
}

// netpbmNumber reports whether a number follows after white space and comments, as in headers of PGM and PPM.
func netpbmNumber(rest []byte) bool {
	if len(rest) == 0 || strings.IndexByte(" \t\r\n#", rest[0]) < 0 {
		return false
	}
	const space = " \t\r\n"
	for rest = bytes.TrimLeft(rest, space); len(rest) > 0 && rest[0] == '#'; rest = bytes.TrimLeft(rest, space) {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return true // a comment longer than the head
		}
		rest = rest[end:]
	}
	return len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9'
}

// unzipped returns the start of a gzipped file's content.
func unzipped(head []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return nil
	}
	inside := make([]byte, 512)
	n, _ := io.ReadFull(z, inside) // fails at the end of the head
	return inside[:n]
}

// describe says what a file of no supported format looks like.
func describe(head []byte) string {
	start := head[:min(len(head), 512)]
	for i := 1; i <= min(utf8.UTFMax, len(start)); i++ {
		if at := len(start) - i; utf8.RuneStart(start[at]) && !utf8.FullRune(start[at:]) {
			start = start[:at] // before a letter that was cut in two
			break
		}
	}
	switch {
	case len(head) == 0:
		return "empty"
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return "a gzip archive; unpack it"
	case !bytes.ContainsRune(start, 0) && utf8.Valid(start):
		return "text"
	}
	return "of no known format"
}

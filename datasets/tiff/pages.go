package tiff

import (
	"fmt"
)

// maxPages is the number of directories of a file that are followed.
const maxPages = 10_000

// Values of the tag NewSubfileType for directories that are not pages of their own.
const (
	reducedResolution = 1 << 0 // a smaller copy of another page, such as a thumbnail
	transparencyMask  = 1 << 2
)

// pages returns the positions of the directories of a file's pages, in order. Smaller copies of a page and
// transparency masks marked as such by NewSubfileType are not pages.
func pages(data []byte) (f file, starts []uint64, err error) {
	f, next, err := readHeader(data)
	if err != nil {
		return f, nil, err
	}
	var all []uint64
	seen := map[uint64]bool{}
	for next != 0 || len(all) == 0 {
		switch {
		case seen[next]:
			return f, nil, fmt.Errorf("directory %d leads back to byte %d, where another one lies", len(all), next)
		case len(all) == maxPages:
			return f, nil, fmt.Errorf("the file has more than %d pages", maxPages)
		}
		seen[next] = true
		all = append(all, next)
		n, after, err := f.extent(next)
		if err != nil {
			return f, nil, fmt.Errorf("page %d: %w", len(all), err)
		}
		if !f.copyOfAnother(all[len(all)-1], n) {
			starts = append(starts, next)
		}
		next = after
	}
	if len(starts) == 0 { // a thumbnail is better than nothing
		starts = all[:1]
	}
	return f, starts, nil
}

// copyOfAnother reports whether a directory is a smaller copy or the transparency mask of another one.
func (f *file) copyOfAnother(start uint64, entries int) bool {
	countSize, entrySize, offsetSize := f.sizes()
	for i := range entries {
		at := int(start) + countSize + i*entrySize
		value := at + 4 + offsetSize
		switch f.Uint16(f.data[at:]) {
		case tagNewSubfileType:
			if f.Uint16(f.data[at+2:]) == typeShort {
				return f.Uint16(f.data[value:])&(reducedResolution|transparencyMask) != 0
			}
			return f.Uint32(f.data[value:])&(reducedResolution|transparencyMask) != 0
		case tagSubfileType:
			return f.Uint16(f.data[value:]) == oldReducedResolution
		}
	}
	return false
}

// Pages returns the number of pictures in a file. Smaller copies marked as such, for example thumbnails, do not count.
func Pages(data []byte) (int, error) {
	_, starts, err := pages(data)
	if err != nil {
		return 0, fmt.Errorf("tiff: %w", err)
	}
	return len(starts), nil
}

// page reads the directory of a page, counted from 0.
func page(data []byte, i int) (*directory, error) {
	f, starts, err := pages(data)
	if err != nil {
		return nil, err
	}
	if i >= len(starts) {
		return nil, fmt.Errorf("there is no page %d; the file has %d", i+1, len(starts))
	}
	return f.directory(starts[i])
}

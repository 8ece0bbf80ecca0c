package tiff

import (
	"fmt"
)

// maxPages is how many directories of a file are followed.
const maxPages = 10_000

// Values of the tag NewSubfileType that say that a directory is no page of its own.
const (
	reducedResolution = 1 << 0 // a smaller copy of another page, such as a thumbnail
	transparencyMask  = 1 << 2
)

// pages lists where the directories of a file's pages lie, in their order. Smaller copies of a page and its transparency mask are no
// pages where NewSubfileType says so.
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
	if len(starts) == 0 { // nothing but a thumbnail is better than nothing
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

// Pages counts the pictures in a file. Smaller copies of a picture, such as thumbnails, do not count where the file says that they are.
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

package preprocess

// ResizeMask scales a mask of zeros and ones: a pixel becomes 1 if more than half of the area it covers is 1. Areas
// are counted in whole parts of pixels, so that exactly half an area is never a matter of rounding. If the sizes
// divide evenly, this is PIL's BOX followed by a threshold; when enlarging, it is the nearest pixel, or the majority
// if a pixel covers several.
func ResizeMask(mask []uint8, width, height, toWidth, toHeight int) []uint8 {
	if width == toWidth && height == toHeight {
		return mask
	}
	columns, rows := overlaps(width, toWidth), overlaps(height, toHeight)
	out := make([]uint8, toWidth*toHeight)
	covered := make([]int, toWidth) // in parts, of which a pixel has width×height
	for y, row := range rows {
		clear(covered)
		for j, high := range row.parts {
			line := mask[(row.first+j)*width : (row.first+j+1)*width]
			for x, column := range columns {
				n := 0
				for i, wide := range column.parts {
					n += wide * int(line[column.first+i])
				}
				covered[x] += high * n
			}
		}
		for x, n := range covered {
			if 2*n > width*height {
				out[y*toWidth+x] = 1
			}
		}
	}
	return out
}

// overlap lists the source pixels that an output pixel covers along one axis, and how many parts of each.
type overlap struct {
	first int
	parts []int
}

// overlaps divides every source pixel into as many parts as there are output pixels, so that each of these covers
// `from` whole parts.
func overlaps(from, to int) []overlap {
	out := make([]overlap, to)
	for i := range out {
		begin, end := i*from, (i+1)*from
		out[i].first = begin / to
		for k := out[i].first; k*to < end; k++ {
			out[i].parts = append(out[i].parts, min((k+1)*to, end)-max(k*to, begin))
		}
	}
	return out
}

package preprocess

// ResizeMask scales a mask of zeros and ones: a pixel is 1 where more than half of the area that it covers is. Parts of pixels count as
// such and are counted in whole numbers, so that half a pixel's area is never a matter of rounding. Where the sizes divide evenly this is
// PIL's BOX and a threshold, and when enlarging it is the nearest pixel, or the majority where a pixel covers several.
func ResizeMask(mask []uint8, width, height, toWidth, toHeight int) []uint8 {
	if width == toWidth && height == toHeight {
		return mask
	}
	columns, rows := overlaps(width, toWidth), overlaps(height, toHeight)
	out := make([]uint8, toWidth*toHeight)
	covered := make([]int, toWidth) // of width×height parts
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

// overlap says which source pixels an output pixel covers along one axis, and how many parts of each.
type overlap struct {
	first int
	parts []int
}

// overlaps cuts every source pixel into as many parts as there are output pixels, so that each of these covers `from` whole parts.
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

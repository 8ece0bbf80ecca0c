package preprocess

// ResizeClasses scales a label of classes to the class of the nearest pixel: output pixel i of n is that of source
// pixel ⌊(i + ½)·from/n⌋ in each axis.
func ResizeClasses(classes []uint8, width, height, toWidth, toHeight int) []uint8 {
	if width == toWidth && height == toHeight {
		return classes
	}
	columns := make([]int, toWidth)
	for x := range columns {
		columns[x] = (2*x + 1) * width / (2 * toWidth)
	}
	out := make([]uint8, toWidth*toHeight)
	for y := range toHeight {
		from := classes[(2*y+1)*height/(2*toHeight)*width:]
		for x, column := range columns {
			out[y*toWidth+x] = from[column]
		}
	}
	return out
}

package shape_test

import (
	"fmt"

	"r2unet/evaluate/shape"
)

// maskOf draws a mask: # is foreground.
func maskOf(rows ...string) *shape.Mask {
	m := shape.NewMask(len(rows[0]), len(rows))
	for y, row := range rows {
		for x, c := range row {
			m.Pixels[y*m.Width+x] = c == '#'
		}
	}
	return m
}

// A vessel with the right course that is one pixel too wide has a perfect centre line.
func ExampleCentrelineDice() {
	truth := maskOf(
		".......",
		"#######",
		".......")
	wider := maskOf(
		"#######",
		"#######",
		"#######")
	fmt.Printf("%.2f\n", shape.CentrelineDice(wider, truth))
	// Output: 1.00
}

// The pixel at the right has the largest distance from one outline to the other.
func ExampleHausdorff() {
	a := maskOf("##....")
	b := maskOf("##...#")
	fmt.Println(shape.Hausdorff(a, b, 100))
	// Output: 4
}

func ExampleSkeleton() {
	thin := shape.Skeleton(maskOf(
		".......",
		".#####.",
		".#####.",
		".#####.",
		"......."))
	for y := range thin.Height {
		for x := range thin.Width {
			if thin.Pixels[y*thin.Width+x] {
				fmt.Print("#")
			} else {
				fmt.Print(".")
			}
		}
		fmt.Println()
	}
	// Output:
	// .......
	// .......
	// ..##...
	// .......
	// .......
}

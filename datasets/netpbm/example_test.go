package netpbm_test

import (
	"fmt"
	"strings"

	"r2unet/datasets/netpbm"
)

// STARE's labels are grey pictures with a comment in their header.
func ExampleDecode() {
	m, err := netpbm.Decode(strings.NewReader("P5\n# hand labelled\n2 1\n255\n\x00\xff"))
	fmt.Printf("%d×%d, %d channel: %d, %v\n", m.Width, m.Height, m.Channels, m.Data, err)
	// Output: 2×1, 1 channel: [0 255], <nil>
}

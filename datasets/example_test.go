package datasets_test

import (
	"fmt"

	"r2unet/datasets"
)

func ExampleDescribe() {
	d, err := datasets.Describe("CHASE_DB1")
	if err != nil {
		fmt.Println(err)
		return
	}
	m, ok := d.Match("Image_11L_1stHO.png")
	fmt.Println(m.ID, "child", m.Subject, m.Role, ok)
	// Output: Image_11L child 11 label true
}

package audit_test

import (
	"fmt"
	"strings"

	"r2unet/evaluate/audit"
	"r2unet/evaluate/paper"
)

// Accuracy lies between sensitivity and specificity whatever the share of foreground, so this row is
// impossible.
func ExampleTable() {
	table, err := paper.Read(strings.NewReader("method,se,sp,ac\nours,0.90,0.95,0.99\n"), "table")
	if err != nil {
		fmt.Println(err)
	}
	findings, err := audit.Table(table)
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range findings {
		fmt.Println(f.Verdict, f.Check)
	}
	// Output: impossible accuracy
}

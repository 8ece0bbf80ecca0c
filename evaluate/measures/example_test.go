package measures_test

import (
	"fmt"

	"r2unet/evaluate/measures"
)

func Example() {
	c := measures.Counts{TP: 70, FN: 30, FP: 10, TN: 890}
	for _, m := range []*measures.Measure{measures.Sensitivity, measures.Specificity, measures.F1, measures.Jaccard} {
		fmt.Printf("%s %.3f\n", m.Heading(), m.Counts(c))
	}
	// Output:
	// SE 0.700
	// SP 0.989
	// F1 0.778
	// JS 0.636
}

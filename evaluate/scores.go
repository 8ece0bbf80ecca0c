package evaluate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"r2unet/evaluate/measures"
)

// meanOf averages each measure over the images where it is defined, and counts the others by the measure's
// key.
func meanOf(images []ImageScores) (mean measures.Scores, undefined map[string]int) {
	undefined = map[string]int{}
	for _, m := range measures.All() {
		sum, n := 0.0, 0
		for i := range images {
			if v := images[i].Scores.Of(m); !math.IsNaN(v) {
				sum += v
				n++
			}
		}
		mean.Set(m, sum/float64(n))
		if n < len(images) {
			undefined[m.Key()] = len(images) - n
		}
	}
	return mean, undefined
}

// UnmarshalJSON reads an image's measures and refuses ones without an ID, so that decoding a list stops at
// the first such element. After a mere type error the decoder would continue and allocate this struct for
// every two bytes.
func (s *ImageScores) UnmarshalJSON(data []byte) error {
	type plain ImageScores
	if err := json.Unmarshal(data, (*plain)(s)); err != nil {
		return fmt.Errorf("read an image's measures: %w", err)
	}
	if s.ID == "" {
		return errors.New("read an image's measures: it has no id")
	}
	return nil
}

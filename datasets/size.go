package datasets

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// Size is what images are resized to, px. In TOML and JSON it is one number for a square, or [width, height]. The zero
// value keeps native sizes.
type Size struct{ Width, Height int }

// Square is a size of equal sides.
func Square(side int) Size { return Size{side, side} }

// Set reports whether images are resized.
func (s Size) Set() bool { return s != Size{} }

// String writes the size as in TOML: "256" or "[320, 256]".
func (s Size) String() string {
	if s.Width == s.Height {
		return fmt.Sprint(s.Width)
	}
	return fmt.Sprintf("[%d, %d]", s.Width, s.Height)
}

// check reports sides that no image can have; 0 is native size.
func (s Size) check() error {
	if s.Width < 0 || s.Height < 0 || s.Width > maxSize || s.Height > maxSize || (s.Width == 0) != (s.Height == 0) {
		return fmt.Errorf("size = %v: must be from 0 to %d, or two of 1 to %d, [width, height]", s, maxSize, maxSize)
	}
	return nil
}

var errSize = errors.New("must be a whole number of px, or two in brackets, [width, height]")

// UnmarshalTOML takes a number or two.
func (s *Size) UnmarshalTOML(value any) error {
	switch v := value.(type) {
	case int64:
		*s = Square(side(v))
		return nil
	case []any:
		if len(v) == 2 {
			w, wide := v[0].(int64)
			h, high := v[1].(int64)
			if wide && high {
				*s = Size{side(w), side(h)}
				return nil
			}
		}
	}
	return errSize
}

// side bounds a number to what an int holds on every system.
func side(v int64) int { return int(min(max(v, math.MinInt32), math.MaxInt32)) }

// MarshalJSON writes a square as one number.
func (s Size) MarshalJSON() ([]byte, error) {
	if s.Width == s.Height {
		return json.Marshal(s.Width)
	}
	return json.Marshal([]int{s.Width, s.Height})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Size) UnmarshalJSON(text []byte) error {
	var one int
	if json.Unmarshal(text, &one) == nil {
		*s = Square(one)
		return nil
	}
	var two []int
	if json.Unmarshal(text, &two) != nil || len(two) != 2 {
		return fmt.Errorf("size: %w", errSize)
	}
	*s = Size{two[0], two[1]}
	return nil
}

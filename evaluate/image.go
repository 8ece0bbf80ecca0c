package evaluate

import (
	"fmt"

	"r2unet/evaluate/rank"
)

// An Image is one test image: the predicted probabilities and the truth. All slices are row-major and have
// Width·Height elements.
type Image struct {
	ID            string
	Width, Height int // px
	// Probabilities of the foreground, in [0, 1].
	Probabilities []float32
	// Truth is the label: 1 for foreground, 0 for background.
	Truth []uint8
	// FOV is 1 inside the field of view and 0 outside; nil means that all
	// pixels are inside.
	FOV []uint8
}

// check returns an error if the image cannot be measured.
func (m *Image) check() error {
	size := m.Width * m.Height
	if m.Width <= 0 || m.Height <= 0 {
		return fmt.Errorf("image %s: size %d×%d has no pixels", m.ID, m.Width, m.Height)
	}
	if len(m.Probabilities) != size {
		return fmt.Errorf("image %s: %d probabilities for %d×%d pixels", m.ID, len(m.Probabilities), m.Width, m.Height)
	}
	if len(m.Truth) != size {
		return fmt.Errorf("image %s: truth has %d pixels, the image %d×%d", m.ID, len(m.Truth), m.Width, m.Height)
	}
	if m.FOV != nil && len(m.FOV) != size {
		return fmt.Errorf("image %s: field of view has %d pixels, the image %d×%d", m.ID, len(m.FOV), m.Width, m.Height)
	}
	for i, p := range m.Probabilities {
		if err := rank.CheckScore(p); err != nil {
			return fmt.Errorf("image %s: pixel x=%d y=%d: %w", m.ID, i%m.Width, i/m.Width, err)
		}
		if m.Truth[i] > 1 {
			return fmt.Errorf("image %s: pixel x=%d y=%d: truth is %d, want 0 or 1", m.ID, i%m.Width, i/m.Width,
				m.Truth[i])
		}
		if m.FOV != nil && m.FOV[i] > 1 {
			return fmt.Errorf("image %s: pixel x=%d y=%d: field of view is %d, want 0 or 1", m.ID, i%m.Width, i/m.Width,
				m.FOV[i])
		}
	}
	return nil
}

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
	// Prediction is 1 for predicted foreground and 0 for background; nil means foreground where the probability is at
	// least the threshold.
	Prediction []uint8
	// Truth is the label: 1 for foreground, 0 for background, Ignored for pixels that count nowhere.
	Truth []uint8
	// FOV is 1 inside the field of view and 0 outside; nil means that all
	// pixels are inside.
	FOV []uint8
}

// Ignored is the truth of a pixel that counts nowhere. It is not 255, so that a mask of 0 and 255 is refused.
const Ignored = 254

// predicted returns 1 if a pixel is predicted as foreground, else 0.
func (m *Image) predicted(i int, threshold float64) int {
	if m.Prediction != nil {
		return int(m.Prediction[i] & 1)
	}
	if float64(m.Probabilities[i]) >= threshold {
		return 1
	}
	return 0
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
	if m.Prediction != nil && len(m.Prediction) != size {
		return fmt.Errorf("image %s: prediction has %d pixels, the image %d×%d",
			m.ID, len(m.Prediction), m.Width, m.Height)
	}
	for i, p := range m.Probabilities {
		if err := rank.CheckScore(p); err != nil {
			return fmt.Errorf("image %s: pixel x=%d y=%d: %w", m.ID, i%m.Width, i/m.Width, err)
		}
		if m.Truth[i] > 1 && m.Truth[i] != Ignored {
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

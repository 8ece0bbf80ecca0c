package segment

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"r2unet/datasets"
	"r2unet/datasets/dicom"
	"r2unet/experiments/marks"
	"r2unet/experiments/postprocess"
	"r2unet/internal/durable"
)

// AreasFile is the table of areas in the results folder.
const AreasFile = "areas.csv"

// areasHeader has the columns of the table. The share is of the pixels inside the field of view, where there is one.
// Components share edges or corners.
var areasHeader = []string{
	"image", "page", "class", "name", "pixels", "share", "components", "largest_component", "area_mm2",
}

// area is what a mask has of a class.
type area struct {
	Index      int     `json:"index"` // in masks of several classes
	Class      string  `json:"class"`
	Pixels     int     `json:"pixels"`
	Share      float64 `json:"share"`      // of the field of view, or of the picture where there is none
	Components int     `json:"components"` // that do not touch, not even by corners
	Largest    int     `json:"largest_component"`
	MM2        float64 `json:"mm2,omitempty"` // 0 = not known
}

// table collects the rows of the table of areas.
type table struct{ rows [][]string }

func (t *table) add(path string, page int, of []area) {
	pageText := ""
	if page > 0 {
		pageText = strconv.Itoa(page)
	}
	for _, r := range of {
		mm2 := ""
		if r.MM2 > 0 {
			mm2 = number(r.MM2)
		}
		t.rows = append(t.rows, []string{
			path, pageText, strconv.Itoa(r.Index), r.Class, strconv.Itoa(r.Pixels), number(r.Share),
			strconv.Itoa(r.Components), strconv.Itoa(r.Largest), mm2,
		})
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// measure returns the areas of each foreground class in a prediction, nil if they are not asked for. Spacing holds the
// distances of rows and columns in mm, zeros if they are not known.
func (s *segmenter) measure(p *Prediction, spacing [2]float64) []area {
	if !s.Areas {
		return nil
	}
	return p.areas(spacing)
}

// areas returns the areas of all classes but the background.
func (p *Prediction) areas(spacing [2]float64) []area {
	return measureMask(p.Mask, p.Width, p.Height, p.inside(), p.Classes, spacing)
}

func measureMask(
	mask []uint8, width, height, inside int, classes datasets.Classes, spacing [2]float64,
) (all []area) {
	names := []string{"background", "foreground"}
	if classes != nil {
		names = classes.Names()
	}
	one := make([]uint8, len(mask))
	for class := 1; class < len(names); class++ {
		a := area{Index: class, Class: names[class]}
		for i, v := range mask {
			one[i] = 0
			if int(v) == class {
				one[i] = 1
				a.Pixels++
			}
		}
		_, sizes := postprocess.Label(one, width, height, true)
		a.Components = len(sizes) - 1
		for _, size := range sizes {
			a.Largest = max(a.Largest, size)
		}
		a.Share = float64(a.Pixels) / float64(max(1, inside))
		a.MM2 = float64(a.Pixels) * spacing[0] * spacing[1]
		all = append(all, a)
	}
	return all
}

// areasOf returns the areas in an existing mask.
func (s *segmenter) areasOf(name string, made mark, spacing [2]float64) ([]area, error) {
	if !s.Areas {
		return nil, nil
	}
	path := filepath.Join(s.Out, name+maskEnding)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	width, height := m.Bounds().Dx(), m.Bounds().Dy()
	var mask []uint8
	switch m := m.(type) {
	case *image.Paletted:
		mask = m.Pix
	case *image.Gray:
		mask = m.Pix
		for i := range mask {
			mask[i] &= 1
		}
	default:
		return nil, fmt.Errorf("read %s: it is no mask", path)
	}
	return measureMask(mask, width, height, made.Inside, s.ensemble.Classes(), spacing), nil
}

// spacing returns the distances of rows and columns of an image's file in mm, zeros if they are not known.
func (s *segmenter) spacing(data []byte) [2]float64 {
	if s.Spacing > 0 || !s.Areas {
		return [2]float64{s.Spacing, s.Spacing}
	}
	return dicom.Spacing(data)
}

// checkAreas returns an error if the table would replace a file that segment has not written.
func (s *segmenter) checkAreas() error {
	path := filepath.Join(s.Out, AreasFile)
	if _, err := os.Lstat(path); !s.Areas || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	head, err := marks.Head(path)
	if err != nil || !bytes.HasPrefix(head, headerLine()) {
		return fmt.Errorf("-out %s: the table of areas would replace %s, which segment has not written; move it away, "+
			"or choose another folder", s.Out, path)
	}
	return nil
}

func headerLine() []byte {
	line, err := encodeTable([][]string{areasHeader})
	if err != nil {
		panic(err) // of a constant
	}
	return line
}

func encodeTable(rows [][]string) ([]byte, error) {
	var out bytes.Buffer
	err := csv.NewWriter(&out).WriteAll(rows)
	return out.Bytes(), err
}

// writeAreas writes the table of the images that are done, in their order.
func (s *segmenter) writeAreas() error {
	if !s.Areas {
		return nil
	}
	if err := s.checkAreas(); err != nil { // it may have been created meanwhile
		return err
	}
	content, err := encodeTable(append([][]string{areasHeader}, s.table.rows...))
	if err != nil {
		return err
	}
	return durable.WriteBytes(s.fs, filepath.Join(s.Out, AreasFile), content)
}

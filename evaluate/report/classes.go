package report

import (
	"fmt"
	"html/template"
	"image/color"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/measures"
)

// classColor is a class with its colour in pictures.
type classColor struct {
	Name  string
	Color template.CSS
}

// eachClass adds, for a dataset of several classes, the images of the shown run as hits, misses and false alarms of
// each class against the rest, and the classes' colours.
func (b *Builder) eachClass(s *archive.Sweep, shown *archive.Run, d *datasetExamples) (problems []string) {
	classes := shown.Result.Classes
	if len(classes) == 0 {
		return nil
	}
	if n := len(classes) - sideNetworks; n > 0 {
		classes, d.Each.More = classes[:sideNetworks], n
	}
	for _, c := range classes {
		d.Each.Columns = append(d.Each.Columns, c.Name)
	}
	for _, pick := range figure.BestMiddleWorst(shown) {
		e, err := s.Example(shown, pick.ID)
		if err != nil || e.Classes == nil || e.TrueClasses == nil {
			continue // b.layers tells what is wrong
		}
		if d.Colors == nil {
			d.Colors = classColors(shown.Result.Classes, e.TrueClasses.Palette)
		}
		row := sideRow{Name: pick.Name, ID: pick.ID}
		for k := range classes {
			cell := sideCell{F1: classF1(&classes[k], pick.ID)}
			key := fmt.Sprintf("%s|%s|%s|%d|class %d", s.Path, shown.ID, pick.ID, shown.Changed.UnixNano(), k)
			l, known := b.pictures[key]
			if !known {
				if l, err = newLayer(classes[k].Name, figure.OneClassOverlay(e.Input, e.TrueClasses, e.Classes, e.FOV,
					uint8(k+1))); err != nil {
					problems = append(problems, shown.ID+": "+err.Error())
					continue
				}
				b.pictures[key] = l
			}
			cell.Layer = &l
			row.Cells = append(row.Cells, cell)
		}
		d.Each.Rows = append(d.Each.Rows, row)
	}
	return problems
}

// classColors lists the foreground classes with their colours.
func classColors(classes []evaluate.ClassMeasures, palette color.Palette) []classColor {
	var all []classColor
	for k, c := range classes {
		if k+1 < len(palette) {
			all = append(all, classColor{c.Name, hex(palette[k+1])})
		}
	}
	return all
}

// classF1 returns the F1 of one class on an image.
func classF1(c *evaluate.ClassMeasures, id string) string {
	for i := range c.Measures.Inside.Images {
		if image := &c.Measures.Inside.Images[i]; figure.PictureName(image.ID) == id {
			return number(image.Scores.Of(measures.F1), "%.4f").Text
		}
	}
	return ""
}

package report

import (
	"fmt"
	"slices"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/measures"
)

// sideNetworks bounds the networks that are shown side by side: a page has about 15 kB per picture.
const sideNetworks = 12

// sideRow is an image as all networks of a dataset have segmented it.
type sideRow struct {
	Name, ID string
	Cells    []sideCell // in the order of datasetExamples.Columns
}

// sideCell is a picture with the F1 that a network has on it; without a picture, the network has none of the image.
type sideCell struct {
	Layer *layer
	F1    string
}

// sideBySide adds the images of the shown run as all networks of its dataset have segmented them. Networks that have
// none of these images, such as those of another fold alone, are left out.
func (b *Builder) sideBySide(s *archive.Sweep, shown *archive.Run, d *datasetExamples) (problems []string) {
	picks := figure.BestMiddleWorst(shown)
	var networks []figure.Network
	for _, dataset := range figure.Datasets(s) {
		if dataset.Label != d.Dataset {
			continue
		}
		for _, n := range dataset.Networks {
			n.Runs = slices.DeleteFunc(slices.Clone(n.Runs), func(r *archive.Run) bool {
				return !slices.ContainsFunc(picks, func(p figure.Pick) bool {
					return slices.Contains(r.Predictions, p.ID)
				})
			})
			if len(n.Runs) > 0 {
				networks = append(networks, n)
			}
		}
	}
	if len(networks) < 2 {
		return nil
	}
	if n := len(networks) - sideNetworks; n > 0 {
		networks, d.More = networks[:sideNetworks], n
	}
	d.Columns = []string{"Input", "Truth"}
	for _, n := range networks {
		d.Columns = append(d.Columns, n.Label)
	}
	for _, pick := range picks {
		row := sideRow{Name: pick.Name, ID: pick.ID}
		layers, err := b.layers(s, shown, pick.ID)
		for _, name := range d.Columns[:2] {
			row.Cells = append(row.Cells, sideCell{Layer: named(layers, name)})
		}
		for _, n := range networks {
			cell, trouble := b.sideCell(s, n.Runs, pick.ID)
			row.Cells = append(row.Cells, cell)
			problems = append(problems, trouble...)
		}
		if err == nil {
			d.Rows = append(d.Rows, row)
		}
	}
	return problems
}

// sideCell returns the picture of the first run that has the image.
func (b *Builder) sideCell(s *archive.Sweep, runs []*archive.Run, id string) (cell sideCell, problems []string) {
	for _, r := range runs {
		if !slices.Contains(r.Predictions, id) {
			continue
		}
		layers, err := b.layers(s, r, id)
		for _, p := range lines(err) {
			problems = append(problems, r.ID+": "+p)
		}
		cell.Layer = named(layers, "Right and wrong")
		if cell.Layer == nil {
			cell.Layer = named(layers, "Probability") // without a stored truth
		}
		for i := range r.Result.Measures.Inside.Images {
			if image := &r.Result.Measures.Inside.Images[i]; figure.PictureName(image.ID) == id {
				cell.F1 = fmt.Sprintf("%.4f", image.Scores.Of(measures.F1))
			}
		}
		return cell, problems
	}
	return sideCell{}, nil
}

func named(layers []layer, name string) *layer {
	for i := range layers {
		if layers[i].Name == name {
			return &layers[i]
		}
	}
	return nil
}

package report

import (
	"fmt"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/measures"
)

// sideNetworks bounds the networks that are shown side by side: a page has about 15 kB per picture.
const sideNetworks = 12

// sideTable holds pictures side by side.
type sideTable struct {
	Columns []string
	Rows    []sideRow
	More    int // columns that are not shown
}

// sideRow is an image in several pictures, such as of all networks that have segmented it.
type sideRow struct {
	Name, ID string
	Cells    []sideCell // in the order of sideTable.Columns
}

// sideCell is a picture with the F1 that a network has on it; without a picture, the network has none of the image.
type sideCell struct {
	Layer *layer
	F1    string
}

// side is a network of a sweep whose pictures stand beside others.
type side struct {
	sweep *archive.Sweep
	label string
	runs  []*archive.Run
}

// sides returns the networks of a sweep that have one of the images, as far as they ran on the same files as the shown
// run. Those of another fold alone are left out.
func sides(s *archive.Sweep, shown *archive.Run, picks []figure.Pick) []side {
	picked := func(id string) bool {
		return slices.ContainsFunc(picks, func(p figure.Pick) bool { return p.ID == id })
	}
	var all []side
	for _, dataset := range figure.Datasets(s) {
		if dataset.Label != shown.Result.DatasetLabel() {
			continue
		}
		for _, n := range dataset.Networks {
			runs := slices.DeleteFunc(slices.Clone(n.Runs), func(r *archive.Run) bool {
				return r.Result.DataHash != shown.Result.DataHash || !slices.ContainsFunc(r.Predictions, picked)
			})
			if len(runs) > 0 {
				all = append(all, side{s, n.Label, runs})
			}
		}
	}
	return all
}

// sideBySide adds the images of the shown run as all networks of its dataset have segmented them.
func (b *Builder) sideBySide(s *archive.Sweep, shown *archive.Run, d *datasetExamples) (problems []string) {
	picks := figure.BestMiddleWorst(shown)
	networks := sides(s, shown, picks)
	if len(networks) < 2 {
		return nil
	}
	return b.addSides(d, s, shown, picks, networks)
}

// picturesOf shows, for each dataset, the images of the first sweep that has pictures of it, as every network of every
// sweep has segmented them; the same network of several sweeps stands side by side.
func (b *Builder) picturesOf(sweeps []*archive.Sweep) (all []datasetExamples, problems []string) {
	done := map[string]bool{}
	for _, s := range sweeps {
		for _, shown := range figure.ExampleRuns(s) {
			dataset := shown.Result.DatasetLabel()
			if done[dataset] {
				continue
			}
			done[dataset] = true
			d := datasetExamples{Dataset: dataset, Network: networkName(&shown.Result, false)}
			picks := figure.BestMiddleWorst(shown)
			var networks []side
			for i, other := range sweeps {
				for _, n := range sides(other, shown, picks) {
					name := n.label
					n.label = evaluate.SweepLetter(i) + ": " + name
					at := len(networks)
					for k, before := range networks {
						if _, same, _ := strings.Cut(before.label, ": "); same == name {
							at = k + 1
						}
					}
					networks = slices.Insert(networks, at, n)
				}
			}
			problems = append(problems, b.addSides(&d, s, shown, picks, networks)...)
			all = append(all, d)
		}
	}
	return all, problems
}

// addSides adds a row for each image, with input and truth of the shown run and the pictures of all networks.
func (b *Builder) addSides(d *datasetExamples, s *archive.Sweep, shown *archive.Run, picks []figure.Pick,
	networks []side,
) (problems []string) {
	if n := len(networks) - sideNetworks; n > 0 {
		networks, d.More = networks[:sideNetworks], n
	}
	d.Columns = []string{"Input", "Truth"}
	for _, n := range networks {
		d.Columns = append(d.Columns, n.label)
	}
	for _, pick := range picks {
		row := sideRow{Name: pick.Name, ID: pick.ID}
		layers, err := b.layers(s, shown, pick.ID)
		for _, name := range d.Columns[:2] {
			row.Cells = append(row.Cells, sideCell{Layer: named(layers, name)})
		}
		for _, n := range networks {
			cell, trouble := b.sideCell(n, pick.ID)
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
func (b *Builder) sideCell(n side, id string) (cell sideCell, problems []string) {
	for _, r := range n.runs {
		if !slices.Contains(r.Predictions, id) {
			continue
		}
		layers, err := b.layers(n.sweep, r, id)
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

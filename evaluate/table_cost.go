package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"r2unet/evaluate/paper"
)

// parameterTable makes Table IV: the parameters of each network. Results without a dataset are networks that
// were counted but not run.
func parameterTable(printed *paper.Table, results []*Result) *PaperTable {
	t := &PaperTable{
		Number: 4,
		Title:  "Table IV. Parameters of the networks",
		Columns: []Column{
			{Key: "method", Name: "Method"},
			{Key: "source", Name: "Source"},
			{Key: "t", Name: "t", Numeric: true},
			{Key: "setting", Name: "Setting"},
			{Key: "inputs", Name: "Datasets"},
			{Key: "parameters", Name: "Parameters", Numeric: true},
			{Key: "parameters_million", Name: "Million", Numeric: true},
			{Key: "name", Name: "Name in the matrix", FileOnly: true},
		},
		Notes: []string{"No natural reading of the paper gives both printed counts exactly. The count depends on " +
			"the input channels (grey 1, RGB 3) and on how recurrent steps share weights."},
	}
	for _, row := range printed.Rows {
		t.Rows = append(t.Rows, TableRow{Source: "paper", Cells: map[string]Cell{
			"method": text("R2U-Net"), "source": text("paper"), "t": asPrinted(row, "t"),
			"setting": text(row.Text("architecture")), "inputs": text(""),
			"parameters": text(Dash), "parameters_million": asPrinted(row, "parameters_million"),
		}})
	}
	type network struct {
		first    *Result
		datasets []string
	}
	var networks []*network
	for _, r := range results {
		if r.Parameters <= 0 {
			continue
		}
		r = r.untrained()
		at := slices.IndexFunc(networks, func(n *network) bool {
			return n.first.NetworkKey() == r.NetworkKey() && n.first.Parameters == r.Parameters
		})
		if at < 0 {
			at = len(networks)
			networks = append(networks, &network{first: r})
		}
		if n := networks[at]; r.Dataset != "" && !slices.Contains(n.datasets, r.DatasetLabel()) {
			n.datasets = append(n.datasets, r.DatasetLabel())
		}
	}
	slices.SortStableFunc(networks, func(a, b *network) int { return compareNetworks(a.first, b.first) })
	for _, n := range networks {
		steps := text(Dash)
		if t := n.first.steps(); t > 0 {
			steps = count(t)
		}
		million := float64(n.first.Parameters) / 1e6
		t.Rows = append(t.Rows, TableRow{Source: "ours", Cells: map[string]Cell{
			"method": text(n.first.Label()), "source": text("ours"), "t": steps,
			"setting": text(n.first.Setting()), "inputs": text(strings.Join(n.datasets, ", ")),
			"parameters":         count(n.first.Parameters),
			"parameters_million": {fmt.Sprintf("%.3f", million), million, math.NaN()},
			"name":               text(n.first.Architecture),
		}})
	}
	return t
}

// timeTable makes Table V: seconds per sample in testing.
func timeTable(printed *paper.Table, results []*Result) *PaperTable {
	t := &PaperTable{
		Number: 5,
		Title:  "Table V. Seconds per sample in testing",
		Columns: []Column{
			{Key: "dataset", Name: "Dataset"},
			{Key: "method", Name: "Method"},
			{Key: "source", Name: "Source"},
			{Key: "protocol", Name: "Protocol"},
			{Key: "sample", Name: "Sample (px)"},
			{Key: "seconds", Name: "Seconds per sample", Numeric: true},
			{Key: "device", Name: "Device"},
			{Key: "tested", Name: "Tested images"},
			{Key: "data", Name: "Data"},
			{Key: "setting", Name: "Setting"},
			{Key: "note", Name: "Note"},
		},
		Notes: []string{"The paper's Table V and its section IV.D give the three retina times in different orders; " +
			"both are here."},
	}
	t.Columns = append(t.Columns, fileColumns...)
	datasets := byDataset(groups(results))
	for place, dataset := range printedDatasets {
		for _, row := range printed.Rows {
			if row.Text("dataset") != dataset.name {
				continue
			}
			for _, where := range []struct{ column, source string }{
				{"seconds_per_sample_table", "paper, Table V"}, {"seconds_per_sample_text", "paper, section IV.D"},
			} {
				t.Rows = append(t.Rows, TableRow{Source: where.source, Cells: map[string]Cell{
					"dataset": text(dataset.name), "method": text("R2U-Net"), "source": text(where.source),
					"protocol": text(Dash), "sample": text(Dash), "seconds": asPrinted(row, where.column),
					"device": text("GTX 980 Ti"), "tested": text(""), "data": text(""), "setting": text(""),
					"note": text(""),
				}})
			}
		}
		t.Rows = append(t.Rows, timeRowsAt(place, datasets)...)
	}
	t.Rows = append(t.Rows, timeRowsAt(len(printedDatasets), datasets)...)
	t.Incomplete = incomplete(results)
	t.Notes = append(t.Notes, dataNotes(datasets)...)
	t.addPhantomNote()
	return t
}

// timeRowsAt makes the rows of the dataset at a place of the paper's list; the place after the last is for
// other datasets and validation images.
func timeRowsAt(place int, datasets []rows) (list []TableRow) {
	for _, d := range datasets {
		if at, _ := d[0][0].paperPlace(); at == place {
			for _, g := range d {
				list = append(list, timeRows(g, d)...)
			}
		}
	}
	return list
}

// timeRows makes a row for each protocol, size and device of a group of the dataset's rows d.
func timeRows(g group, d rows) []TableRow {
	type test struct {
		protocol, sample, device string
	}
	var tests []test
	of := func(r *Result) (list []test) {
		for _, i := range r.Cost.Inference {
			list = append(list, test{i.Way(), fmt.Sprintf("%d×%d", i.Width, i.Height), r.Cost.Device})
		}
		return list
	}
	for _, r := range g {
		for _, x := range of(r) {
			if !slices.Contains(tests, x) {
				tests = append(tests, x)
			}
		}
	}
	var list []TableRow
	for _, x := range tests {
		seconds := g.summarize(func(r *Result) float64 {
			if i := slices.Index(of(r), x); i >= 0 {
				return r.Cost.Inference[i].SecondsPerSample
			}
			return math.NaN()
		})
		cells := g.cells()
		cells["protocol"], cells["sample"], cells["device"] = text(x.protocol), text(x.sample), text(x.device)
		cells["seconds"], cells["note"] = number(seconds, 3), text(sentences(g.note(), d.mark(g)))
		list = append(list, TableRow{Source: "ours", Phantom: g[0].Phantom, Cells: cells})
	}
	return list
}

// untrained is r without what only its training has, so that a grid counts as one network.
func (r *Result) untrained() *Result {
	network := *r
	network.Facets = slices.DeleteFunc(slices.Clone(r.Facets), func(f Facet) bool { return f.In == InTraining })
	return &network
}

func count(n int) Cell { return Cell{fmt.Sprint(n), float64(n), math.NaN()} }

// compareNetworks orders results by network, ignoring the dataset.
func compareNetworks(a, b *Result) int {
	x, y := *a, *b
	x.Dataset, y.Dataset, x.Phantom, y.Phantom, x.Assessed, y.Assessed = "", "", false, false, "", ""
	return CompareResults(&x, &y)
}

package figure

import (
	"fmt"
	"slices"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/record"
)

// A series holds the runs of one network on one dataset: its folds and seeds.
type series struct {
	label string
	runs  []*archive.Run
}

// A panel holds the networks of one dataset in the paper's order.
type panel struct {
	dataset string // with "(phantom)" and "(validation images)"
	key     string // for file names
	number  paperFigures
	series  []series
}

// paperFigures holds the numbers of the paper's figures about a dataset; 0 means none.
type paperFigures struct{ examples, training, validation, roc int }

var figuresOf = map[string]paperFigures{
	"drive":    {8, 9, 10, 15},
	"stare":    {11, 12, 13, 15},
	"chasedb1": {14, 0, 0, 15},
	"isic2017": {18, 16, 17, 19},
	"lung":     {20, 0, 0, 21},
}

// panels sorts the runs of a sweep into panels.
func panels(s *archive.Sweep) []*panel {
	runs := slices.Clone(s.Runs)
	slices.SortStableFunc(runs, func(a, b *archive.Run) int {
		return evaluate.CompareResults(&a.Result, &b.Result)
	})
	var list []*panel
	for _, r := range runs {
		if r.Result.Dataset == "" {
			continue // see its problems
		}
		dataset := r.Result.DatasetLabel()
		if len(list) == 0 || list[len(list)-1].dataset != dataset {
			p := &panel{
				dataset: dataset, key: record.DatasetSlug(r.Result.Dataset, r.Result.Phantom),
				number: figuresOf[evaluate.PlainDataset(r.Result.Dataset)],
			}
			if r.Result.Assessed != "" {
				p.key, p.number = p.key+"-"+r.Result.Assessed, paperFigures{}
			}
			list = append(list, p)
		}
		p := list[len(list)-1]
		if i := len(p.series) - 1; i >= 0 && p.series[i].runs[0].Result.RowKey() == r.Result.RowKey() {
			p.series[i].runs = append(p.series[i].runs, r)
		} else {
			p.series = append(p.series, series{runs: []*archive.Run{r}})
		}
	}
	for _, p := range list {
		p.name()
	}
	return list
}

// name gives each network a label that is unique in the panel.
func (p *panel) name() {
	var first []*evaluate.Result
	for _, s := range p.series {
		first = append(first, &s.runs[0].Result)
	}
	names := evaluate.Names(first, (*evaluate.Result).RowKey)
	for i := range p.series {
		p.series[i].label = names[first[i].RowKey()]
	}
}

// scope describes which pixels the panel's curves are over.
func scope(runs []*archive.Run) string {
	for _, r := range runs {
		if r.Result.Status == evaluate.Finished {
			return r.Result.Scope()
		}
	}
	return "inside the FOV"
}

// counterpart refers to the corresponding figure of the paper.
func counterpart(number int) string {
	if number == 0 {
		return ""
	}
	return fmt.Sprintf(" (the paper's Fig. %d)", number)
}

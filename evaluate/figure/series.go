package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
)

// A series is the runs of one network on one dataset: its folds and seeds.
type series struct {
	label string
	runs  []*archive.Run
}

// A panel is a dataset with its networks in the paper's order.
type panel struct {
	dataset string // with "(phantom)"
	key     string // for file names
	number  paperFigures
	series  []series
}

// paperFigures are the paper's figures about a dataset; 0 is none.
type paperFigures struct{ examples, training, validation, roc int }

var figuresOf = map[string]paperFigures{
	"drive":    {8, 9, 10, 15},
	"stare":    {11, 12, 13, 15},
	"chasedb1": {14, 0, 0, 15},
	"isic2017": {18, 16, 17, 19},
	"lung":     {20, 0, 0, 21},
}

// panels sorts the runs of a sweep.
func panels(s *archive.Sweep) []*panel {
	runs := slices.Clone(s.Runs)
	slices.SortStableFunc(runs, func(a, b *archive.Run) int {
		return evaluate.CompareResults(&a.Result, &b.Result)
	})
	var list []*panel
	for _, r := range runs {
		if r.Result.Dataset == "" {
			continue // its problems say why
		}
		dataset := r.Result.DatasetLabel()
		if len(list) == 0 || list[len(list)-1].dataset != dataset {
			plain := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(r.Result.Dataset))
			_, key, _ := strings.Cut(archive.SampleFolder(r.Result.Dataset, r.Result.Phantom), "/")
			list = append(list, &panel{dataset: dataset, key: key, number: figuresOf[plain]})
		}
		p := list[len(list)-1]
		label := r.Result.Label()
		if i := len(p.series) - 1; i >= 0 && sameNetwork(&p.series[i].runs[0].Result, &r.Result) {
			p.series[i].runs = append(p.series[i].runs, r)
		} else {
			p.series = append(p.series, series{label: label, runs: []*archive.Run{r}})
		}
	}
	for _, p := range list {
		p.tellApart()
	}
	return list
}

func sameNetwork(a, b *evaluate.Result) bool {
	return a.Label() == b.Label() && a.Setting() == b.Setting() && a.Architecture == b.Architecture
}

// tellApart adds settings to labels that occur twice.
func (p *panel) tellApart() {
	count := map[string]int{}
	for _, s := range p.series {
		count[s.label]++
	}
	for i := range p.series {
		if s := &p.series[i]; count[s.label] > 1 {
			s.label += ", " + cmp.Or(s.runs[0].Result.Setting(), s.runs[0].Result.Architecture)
		}
	}
}

// counterpart says which of the paper's figures this one answers.
func counterpart(number int) string {
	if number == 0 {
		return ""
	}
	return fmt.Sprintf(" (the paper's Fig. %d)", number)
}

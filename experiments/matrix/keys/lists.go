package main

import (
	"fmt"
	"strings"

	"r2unet/datasets"
	"r2unet/experiments/schedules"
	"r2unet/experiments/search"
	"r2unet/internal/setting"
	"r2unet/layers/losses"
	"r2unet/layers/optimizers"
)

// registered is the table of what keys of registered datasets may be.
func registered() (string, error) {
	text := "| `name` | `input` | `split` | `crop` | `observer` |\n|---|---|---|---|---|\n"
	for _, name := range datasets.Names() {
		d, err := datasets.Describe(name)
		if err != nil {
			return "", err
		}
		var crops []string
		for _, c := range d.Crops {
			crops = append(crops, c.Name)
		}
		observers := "1"
		if d.SecondObserver {
			observers = "1, 2"
		}
		text += fmt.Sprintf("| %s | %s | %s | %s | %s |\n",
			name, code(d.Inputs()), code(d.SplitNames()), code(crops), observers)
	}
	return text, nil
}

// parametrized are the tables of names with parameters.
func parametrized() []string {
	median := func(string) []setting.Parameter { return search.MedianParameters() }
	return []string{
		parameters("`loss`, [losses.md](losses.md)", losses.Names(), losses.Parameters),
		parameters("`optimizer`, [optimizers.md](optimizers.md)", optimizers.Names(), optimizers.Parameters),
		parameters("`schedule`, [schedules.md](schedules.md)", schedules.Names(), schedules.Parameters),
		parameters("`method` of a search, [search.md](search.md)", search.Names(), search.Parameters),
		parameters("`pruning` of a search", []string{"median"}, median),
	}
}

// parameters is a table of names with their parameters.
func parameters(title string, names []string, of func(name string) []setting.Parameter) string {
	var text strings.Builder
	fmt.Fprintf(&text, "| %s | parameter | default | values |\n|---|---|---|---|\n", title)
	for _, name := range names {
		first := asCode(name)
		if len(of(name)) == 0 {
			fmt.Fprintf(&text, "| %s | | | |\n", first)
		}
		for _, p := range of(name) {
			byDefault := "**required**"
			if p.Default != "" {
				byDefault = asCode(p.Default)
			}
			fmt.Fprintf(&text, "| %s | `%s` | %s | %s |\n", first, p.Key, byDefault, p.Expected())
			first = ""
		}
	}
	return text.String()
}

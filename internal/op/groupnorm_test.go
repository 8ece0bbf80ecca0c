package op

import G "gorgonia.org/gorgonia"

func init() {
	for name, groups := range map[string]int{"group norm": 2, "instance norm": 4} {
		gradientCases = append(gradientCases, gradientCase{
			name: name, shapes: [][]int{{2, 4, 3, 2}, {4}, {4}}, once: true,
			build: func(in []*G.Node) (*G.Node, error) { return GroupNorm(in[0], in[1], in[2], groups) },
		})
	}
}

package op

import G "gorgonia.org/gorgonia"

func init() {
	gradientCases = append(gradientCases,
		gradientCase{
			name: "average pool", shapes: [][]int{{2, 2, 4, 6}},
			build: func(in []*G.Node) (*G.Node, error) { return AvgPool(in[0]) },
		},
		gradientCase{
			name: "unpool", shapes: [][]int{{2, 2, 2, 3}, {2, 2, 4, 6}},
			build: func(in []*G.Node) (*G.Node, error) { return Unpool(in[0], in[1]) },
		},
		gradientCase{
			name: "drop-block", shapes: [][]int{{2, 3, 6, 5}, {1}}, binary: []int{1},
			build: func(in []*G.Node) (*G.Node, error) { return DropBlock(in[0], in[1], 0.3, 3, 7) },
		},
	)
}

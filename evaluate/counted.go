package evaluate

// Counted returns the networks of the paper's Fig. 4 with every t and every weight sharing that Table IV
// needs, for one input channel and the paper's widths, so that the table is complete whatever was run. The
// counts are constants because package evaluate cannot build networks; a test of package experiments builds
// and counts them.
func Counted() []Result {
	var all []Result
	for _, n := range []struct {
		name, block string
		t           int
		weights     string
		parameters  int
	}{
		{"U-Net", "forward", 0, "", 482449},
		{"ResU-Net", "residual", 0, "", 554865},
		{"RU-Net", "recurrent", 2, "tied", 557681},
		{"RU-Net", "recurrent", 2, "shared", 973713},
		{"RU-Net", "recurrent", 2, "per-step", 1462161},
		{"RU-Net", "recurrent", 3, "tied", 559089},
		{"RU-Net", "recurrent", 3, "shared", 975121},
		{"RU-Net", "recurrent", 3, "per-step", 1952017},
		{"R2U-Net", "recurrent-residual", 2, "tied", 557681},
		{"R2U-Net", "recurrent-residual", 2, "shared", 1046129},
		{"R2U-Net", "recurrent-residual", 2, "per-step", 1534577},
		{"R2U-Net", "recurrent-residual", 3, "tied", 559089},
		{"R2U-Net", "recurrent-residual", 3, "shared", 1047537},
		{"R2U-Net", "recurrent-residual", 3, "per-step", 2024433},
	} {
		all = append(all, Result{
			Architecture: n.name, Parameters: n.parameters,
			Facets: Network{
				Block: n.block, T: n.t, Weights: n.weights, Norm: "batch", Channels: []int{16, 32, 64, 128},
			}.Facets(),
		})
	}
	return all
}

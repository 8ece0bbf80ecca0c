package schedules

// The paper's: the same rate throughout.
func init() { Register("constant", func(p Position) float64 { return p.Base }) }

package schedules

import "math"

// Half a cosine from the base rate to 0 over the run (Loshchilov and Hutter 2017, without restarts), in steps of an update.
func init() {
	Register("cosine", func(p Position) float64 { return p.Base * (1 + math.Cos(math.Pi*p.Done())) / 2 })
}

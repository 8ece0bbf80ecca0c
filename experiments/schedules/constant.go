package schedules

import "r2unet/internal/setting"

// The schedule of the paper: the same rate throughout.
func init() {
	Register(Default, func(setting.Setting) Schedule { return func(p Position) float64 { return p.Base } })
}

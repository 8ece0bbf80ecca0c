package record

// Progress is the state of a running run.
type Progress struct {
	Phase            string  `json:"phase"`
	Epoch            int     `json:"epoch"` // from 1
	Epochs           int     `json:"epochs"`
	Step             int     `json:"step"`
	Steps            int     `json:"steps"`
	Loss             float64 `json:"loss"`
	SamplesPerSecond float64 `json:"samples_per_second"`
	SecondsLeft      float64 `json:"seconds_left"`
}

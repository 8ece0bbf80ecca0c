package measures

import "r2unet/evaluate/rank"

// AveragePrecision is the area under the precision–recall curve of the probabilities, without interpolation.
var AveragePrecision = Register(Measure{
	ID: "ap", Name: "AP", TwoClasses: true, RecordOnly: true, Ranking: (*rank.Area).AveragePrecision,
})

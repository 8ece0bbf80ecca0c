package measures

import "r2unet/evaluate/rank"

// AUC is the area under the ROC curve of the probabilities, with ties counted half.
var AUC = Register(Measure{ID: "auc", Name: "AUC", TwoClasses: true, Ranking: (*rank.Area).AUC})

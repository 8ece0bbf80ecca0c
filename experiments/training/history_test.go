package training

import (
	"testing"

	"r2unet/evaluate/measures"
)

// TestEpochsOfAnOlderCheckpointHaveNoRate: its row of history.csv has an empty cell instead of a rate of 0.
func TestEpochsOfAnOlderCheckpointHaveNoRate(t *testing.T) {
	rows := History{{}, {Rate: 1e-3, Counts: &measures.Counts{TP: 1, FN: 1}}}.rows()
	if old := rows[0]; old.LearningRate != nil || old.ValidationDice != nil {
		t.Errorf("learning rate %v and Dice %v of an older epoch", *old.LearningRate, old.ValidationDice)
	}
	if now := rows[1]; now.LearningRate == nil || *now.LearningRate != 1e-3 || now.ValidationDice == nil {
		t.Errorf("learning rate %v and Dice %v", now.LearningRate, now.ValidationDice)
	}
}

package record

import (
	"strings"
	"testing"
)

func TestSearchWithOtherValuesThanItsKeysIsRefused(t *testing.T) {
	search := func(rate, block string) Search {
		return Search{
			Label: "u-net-drive", Keys: []SearchKey{{Key: "rate", Low: 1e-4, High: 1e-2, Log: true}, {
				Key: "block", Choices: []string{"forward", "residual"},
			}},
			Trials: []Trial{
				{Number: 1, Values: []string{"1e-3", "forward"}}, {Number: 2, Values: []string{rate, block}},
			},
		}
	}
	if err := search("0.002", "residual").Check(); err != nil {
		t.Error(err)
	}
	for want, s := range map[string]Search{
		`trial 2: rate = "0.0x2" is no number`:            search("0.0x2", "forward"),
		`trial 2: rate = "NaN" is no number`:              search("NaN", "forward"),
		`trial 2: block = "resdual" is none of its choic`: search("0.002", "resdual"),
	} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

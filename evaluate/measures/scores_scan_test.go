package measures

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// TestScanReadsWhatTheGeneralDecoderReads, and leaves to it what is written otherwise.
func TestScanReadsWhatTheGeneralDecoderReads(t *testing.T) {
	var s Scores
	s.TP, s.TN, s.FP, s.FN = 1, 2, 3, 1<<40
	for i, m := range All() {
		if s.Set(m, 1/float64(i+3)); i%3 == 0 {
			s.Set(m, math.NaN())
		}
	}
	plain, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	indented, err := json.MarshalIndent(s, "\t", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(plain), string(indented)} {
		var scanned, general Scores
		if !scanned.scan([]byte(text)) {
			t.Errorf("left to the general decoder: %s", text)
		}
		// An escaped letter is read by the general decoder alone.
		other := strings.Replace(text, `"tp"`, `"t\u0070"`, 1)
		if general.scan([]byte(other)) {
			t.Errorf("scanned: %s", other)
		}
		if err := json.Unmarshal([]byte(other), &general); err != nil || !general.Equal(scanned) || !scanned.Equal(s) {
			t.Errorf("%v, %v and %v; want %v", err, scanned, general, s)
		}
	}
	for _, bad := range []string{
		`{"tp": 1.5}`, `{"f1": "a,b}"}`, `{"f1": [1]}`, `{"f1": true}`, `{"tp": 1e3}`, `[1]`, `"x"`, `{"f1": {"a": 1}}`,
	} {
		if err := json.Unmarshal([]byte(bad), &s); err == nil {
			t.Errorf("%s is read as %v", bad, s)
		}
	}
	var empty Scores
	if err := json.Unmarshal([]byte(`{}`), &empty); err != nil || !empty.Equal(Scores{}) {
		t.Errorf("%v, %v", empty, err)
	}
}

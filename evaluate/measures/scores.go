package measures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Scores holds the measures of one set of pixels, or their means over images. Measures that were not computed
// or are undefined are NaN, in JSON null.
type Scores struct {
	Counts // zero in a mean over images

	values []float64 // by the measures' places; places beyond its end were not measured
}

// Of returns the value of a measure.
func (s *Scores) Of(m *Measure) float64 {
	if m.place >= len(s.values) {
		return math.NaN()
	}
	return s.values[m.place]
}

// Set sets the value of a measure.
func (s *Scores) Set(m *Measure, value float64) {
	if len(s.values) < len(registered) {
		values := make([]float64, len(registered))
		for i := copy(values, s.values); i < len(values); i++ {
			values[i] = math.NaN()
		}
		s.values = values
	}
	s.values[m.place] = value
}

// Equal reports whether counts and all measures are the same, undefined ones included.
func (s Scores) Equal(t Scores) bool {
	same := func(m *Measure) bool {
		return math.Float64bits(s.Of(m)) == math.Float64bits(t.Of(m)) || math.IsNaN(s.Of(m)) && math.IsNaN(t.Of(m))
	}
	return s.Counts == t.Counts && !slices.ContainsFunc(registered, func(m *Measure) bool { return !same(m) })
}

// MarshalJSON writes the counts, unless they are zero, and every measure under its key.
func (s Scores) MarshalJSON() ([]byte, error) {
	fields := map[string]any{}
	if s.Total() > 0 {
		fields["tp"], fields["tn"], fields["fp"], fields["fn"] = s.TP, s.TN, s.FP, s.FN
	}
	for _, m := range registered {
		fields[m.key] = orNull(s.Of(m))
	}
	return json.Marshal(fields)
}

// UnmarshalJSON reads what MarshalJSON wrote. A measure that is null or absent becomes NaN; unknown keys are
// ignored.
func (s *Scores) UnmarshalJSON(data []byte) error {
	if s.scan(data) {
		return nil
	}
	*s = Scores{}
	if err := json.Unmarshal(data, &s.Counts); err != nil {
		return fmt.Errorf("read counts: %w", err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("read measures: %w", err)
	}
	s.values = nil
	for _, m := range registered {
		switch v := fields[m.key].(type) {
		case nil:
		case float64:
			s.Set(m, v)
		default:
			return fmt.Errorf("read measures: %s is %v, want a number or null", m.key, v)
		}
	}
	return nil
}

// scan reads an object of numbers and nulls under plain keys, as MarshalJSON writes it, a tenth of the time that a
// general decoder takes: large results folders have a million of them. It reports whether data is one.
func (s *Scores) scan(data []byte) bool {
	*s = Scores{}
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(data), []byte("{"))
	for ok {
		if rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"`)); !ok {
			return false
		}
		end := bytes.IndexByte(rest, '"')
		if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
			return false
		}
		key := rest[:end]
		if rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest[end+1:], " \t\r\n"), []byte(":")); !ok {
			return false
		}
		if end = bytes.IndexAny(rest, ",}"); end < 0 || !s.take(key, bytes.TrimSpace(rest[:end])) {
			return false
		}
		ok = rest[end] == ','
		rest = rest[end+1:]
	}
	return len(rest) == 0
}

// take sets the field with a key to a number or null, and reports whether it is one.
func (s *Scores) take(key, value []byte) bool {
	if string(value) == "null" {
		return true
	}
	for i, name := range [...]string{"tp", "tn", "fp", "fn"} {
		if string(key) == name {
			n, err := strconv.ParseInt(string(value), 10, 64)
			*[...]*int64{&s.TP, &s.TN, &s.FP, &s.FN}[i] = n
			return err == nil
		}
	}
	v, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return false
	}
	if m := byKey[string(key)]; m != nil {
		s.Set(m, v)
	}
	return true
}

// orNull returns nil for values that JSON cannot represent.
func orNull(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

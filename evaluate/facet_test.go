package evaluate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestRecordsOfEarlierVersionsSayTheirFacets(t *testing.T) {
	for text, want := range map[string]string{
		`{"architecture":"U-Net","block":"forward","t":0,"weights":"",
		"norm":"batch","channels":[16,32]}`: "U-Net: batch, 16–32",
		`{"architecture":"R2U-Net","block":"recurrent-residual","t":2,"weights":"tied",
		"norm":"none","channels":[4]}`: "R2U-Net (t=2): tied, none, 4",
		`{"architecture":"Gated","block":"forward","t":0,"norm":"batch","channels":[4,8],
		"skip":"attention","style":"nested"}`: "Gated: batch, 4–8, skip attention, style nested",
		`{"architecture":"New","facets":[{"key":"block","value":"forward"},
		{"key":"dilation","value":"2","text":"dilation 2"}]}`: "New: dilation 2",
	} {
		var r, again Result
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if got := r.Label() + ": " + r.Setting(); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
		written, err := json.Marshal(r)
		if err == nil {
			err = json.Unmarshal(written, &again)
		}
		if err != nil || again.NetworkKey() != r.NetworkKey() || !slices.Equal(again.Facets, r.Facets) {
			t.Errorf("%s comes back as %+v (%v)", text, again.Facets, err)
		}
	}
}

func TestFacetsAreOrderedByTheirNumbers(t *testing.T) {
	ordered := []string{"", "4", "4-8", "4-16", "4-16-32", "16", "batch", "none"}
	for i, a := range ordered {
		for k, b := range ordered {
			got := compareNatural(a, b)
			if (got < 0) != (i < k) || (got == 0) != (i == k) {
				t.Errorf("%q against %q: %d", a, b, got)
			}
		}
	}
}

func TestFacetWithoutAKeyEndsTheList(t *testing.T) {
	var r Result
	err := json.Unmarshal([]byte(`{"facets":[{"key":"t","value":"2"},{},{}]}`), &r)
	if err == nil || !strings.Contains(err.Error(), "no key") || len(r.Facets) > 2 {
		t.Errorf("%v, %d facets", err, len(r.Facets))
	}
}

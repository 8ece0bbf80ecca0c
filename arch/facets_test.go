package arch_test

import (
	"reflect"
	"slices"
	"testing"

	"r2unet/arch"
)

// TestEverySettingIsAFacet fails if a field of Config has no line in Facets: networks that differ only in that field
// could not be told apart.
func TestEverySettingIsAFacet(t *testing.T) {
	var keys []string
	for _, f := range (arch.Config{}).Facets() {
		keys = append(keys, f.Key)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[arch.Config]()) {
		if key := field.Tag.Get("toml"); key != "name" && !slices.Contains(keys, key) {
			t.Errorf("the setting %s is not a facet, only %v are", key, keys)
		}
	}
}

func TestFacetsOfANetwork(t *testing.T) {
	plain := arch.Config{Name: "U-Net", Block: "forward"}.WithDefaults()
	gated := arch.Config{
		Name: "Gated", Block: "recurrent", T: 2, Skip: "attention",
		Channels: []int{4, 8},
	}.WithDefaults()
	for _, c := range []struct {
		config arch.Config
		want   map[string]string
	}{
		{plain, map[string]string{"block": "", "norm": "batch", "channels": "16–32–64–128"}},
		{gated, map[string]string{
			"block": "", "t": "t=2", "weights": "shared", "norm": "batch", "channels": "4–8",
			"skip": "skip attention",
		}},
	} {
		got := map[string]string{}
		for _, f := range c.config.Facets() {
			if !f.Default {
				got[f.Key] = f.Text
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s has the facets %v, want %v", c.config.Name, got, c.want)
		}
	}
}

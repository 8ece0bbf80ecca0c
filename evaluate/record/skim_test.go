package record

import "testing"

func TestWithoutImagesLeavesTheRest(t *testing.T) {
	for text, want := range map[string]string{
		`{"images": [{"id": "a]\"[", "s": [1, [2]]}], "f1": 0.5}`: `{"images": [], "f1": 0.5}`,
		`{"a": {"images":[1]}, "b": {"images" : [ ]}, "c": [3]}`:  `{"a": {"images":[]}, "b": {"images" : []}, "c": [3]}`,
		`{"images": "[", "in": {"images": [[], ["]"]], "n": 1}`:   `{"images": "[", "in": {"images": [], "n": 1}`,
		// these stay
		`{"images": 20, "note": "of \"images\": [1]", "x": [1]}`: "",
		`{"images": [{"id": "cut`:                                "",
		`{"images"`:                                              "",
	} {
		if want == "" {
			want = text
		}
		if got := string(WithoutImages([]byte(text))); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", text, got, want)
		}
	}
}

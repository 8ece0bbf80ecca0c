package files

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

func TestPicturesAreRecognizedByTheirContentAndTextsAreNot(t *testing.T) {
	zipped := func(content string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(content)) // a buffer takes everything
		_ = z.Close()
		return b.String()
	}
	for _, picture := range []string{
		"\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0", "GIF89a", "II*\x00\x08\x00\x00\x00", "MM\x00*\x00\x00\x00\x08",
		"MM\x00+\x00\x08", "P5 3 3 255\n", "P6\n# made by xv\n3 3\n255\n", zipped("P5\n3 3\n255\n"),
		"RIFF\x00\x00\x00\x00WEBPVP8 ", strings.Repeat("\x00", 128) + "DICM\x02\x00\x00\x00",
		"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x18\x00",
	} {
		if ok, what := Recognize([]byte(picture)); !ok {
			t.Errorf("%q is taken for %s", picture, what)
		}
	}
	for content, want := range map[string]string{
		"": "empty", "II. Methods\n": "text", "MM is a unit": "text", "P5 is a processor": "text", "P5": "text",
		"BMI of the patients, with age and sex\n": "text", "<!DOCTYPE html>": "web page", "%PDF-1.4": "PDF",
		"PK\x03\x04": "zip", zipped("name,age\n"): "gzip archive", "\x00\x01\x02": "no known format",
		"\x80": "no known format", "caf\u00e9 " + strings.Repeat("\u00e9", 300): "text",
	} {
		if ok, what := Recognize([]byte(content)); ok || !strings.Contains(what, want) {
			t.Errorf("%.20q is taken for a picture (%t) or %q, want %q", content, ok, what, want)
		}
	}
}

package cli

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"
)

func TestTextOfStrangersCommandsNoTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"plain, ± ü 網\n\ttab":       "plain, ± ü 網\n\ttab",
		"\x1b]0;owned\x07":          `\x1b]0;owned\x07`,
		"50 %\roverwritten":         `50 %\x0doverwritten`,
		"\u009b31m\x7f":             `\u009b31m\u007f`,
		"a\u202egnp.exe\u2066":      `a\u202egnp.exe\u2066`,
		"one\u2028two":              `one\u2028two`,
		"Latin-1 \xfc, CSI \x9b31m": `Latin-1 \xfc, CSI \x9b31m`,
		"\ufffd itself is no error": "\ufffd itself is no error",
		"cut off \xe7\xb6":          `cut off \xe7\xb6`,
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q is printed as %q; want %q", text, got, want)
		}
	}
}

// TestCharactersThatComeInPiecesStayWhole writes each text byte by byte, as buffered writers may split it.
func TestCharactersThatComeInPiecesStayWhole(t *testing.T) {
	var out bytes.Buffer
	w := NewText(&out)
	for _, b := range []byte("ü網\U0001f52c\u009b\x1b\n") {
		if n, err := w.Write([]byte{b}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if want := "ü網\U0001f52c" + `\u009b\x1b` + "\n"; out.String() != want {
		t.Errorf("got %q; want %q", out.String(), want)
	}
}

func TestJSONStaysTheSame(t *testing.T) {
	want := map[string]string{"\x1b[31m\u0085\x7f\u202e": "\u009b ü \u2029"}
	content, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(Printable(string(content))), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b[2J\u009b\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := Printable(text)
		if !utf8.ValidString(got) || Printable(got) != got {
			t.Errorf("%q is printed as %q", text, got)
		}
		for _, r := range got {
			if commands(r) {
				t.Errorf("%q keeps %q", text, r)
			}
		}
	})
}

package cli

import (
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"
)

// Stdout and Stderr are the standard streams for text: control characters in names of files, folders and
// columns are made visible instead of controlling the terminal. Our own progress bars and cursor movements go
// to os.Stdout and os.Stderr.
var (
	Stdout = NewText(os.Stdout)
	Stderr = NewText(os.Stderr)
)

// Text is a writer that escapes control characters as Printable does. It is safe for concurrent use.
type Text struct {
	raw  io.Writer
	mu   sync.Mutex
	tail []byte // the first bytes of an incomplete character
}

// NewText returns a Text that writes to raw.
func NewText(raw io.Writer) *Text { return &Text{raw: raw} }

// Unwrap returns the writer behind a Text, and other writers unchanged.
func Unwrap(w io.Writer) io.Writer {
	if t, ok := w.(*Text); ok {
		return t.raw
	}
	return w
}

// Write writes p with its control characters escaped.
func (t *Text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := append(t.tail, p...)
	whole := len(all)
	for n := 1; n < utf8.UTFMax && n <= len(all); n++ {
		if b := all[len(all)-n]; utf8.RuneStart(b) {
			if !utf8.FullRune(all[len(all)-n:]) {
				whole = len(all) - n
			}
			break
		}
	}
	t.tail = append([]byte(nil), all[whole:]...)
	if _, err := io.WriteString(t.raw, Printable(string(all[:whole]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Printable escapes everything that could control a terminal: control characters (C0 except line breaks and
// tabs, DEL, C1), characters that change the direction of writing, and invalid UTF-8 become escapes such as
// \x1b and \u202e. JSON stays equivalent.
func Printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return commands(r) || r == utf8.RuneError }) {
		return s
	}
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1, commands(r) && r < 0x20:
			b.WriteString(`\x`)
			b.WriteByte(hex[s[i]>>4])
			b.WriteByte(hex[s[i]&15])
		case commands(r):
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hex[r>>shift&15])
			}
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// commands reports whether a character controls the terminal or the layout of lines.
func commands(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	// direction of writing
	case r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	case r == 0x2028, r == 0x2029: // line and paragraph
		return true
	}
	return false
}

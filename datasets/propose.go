package datasets

import (
	"fmt"
	"strings"
	"unicode"
)

// TOML writes the table that would read the folder, ready to paste into experiments.toml; "" where there is none.
func (in *Inspection) TOML() string {
	c := in.Table
	if c.Images == "" {
		return ""
	}
	var b strings.Builder
	line := func(key, format string, args ...any) {
		fmt.Fprintf(&b, "%s = "+format+"\n", append([]any{key}, args...)...)
	}
	b.WriteString("[[dataset]]\n")
	line("name", "%s", tomlString(c.Name))
	line("kind", "%s", tomlString(c.Kind))
	if c.Folder != "" {
		line("folder", "%s", tomlString(c.Folder))
	}
	line("images", "%s", tomlString(c.Images))
	line("labels", "%s", tomlString(c.Labels))
	if c.FOV != "" {
		line("fov", "%s", tomlString(c.FOV))
	}
	if c.Patient != "" {
		line("patient", "%s", tomlString(c.Patient))
	}
	if c.Input != "" {
		line("input", "%s", tomlString(c.Input))
	}
	if c.Window != [2]float64{} {
		line("window", "[%g, %g]", c.Window[0], c.Window[1])
	}
	if c.LabelThreshold > 0 {
		line("label-threshold", "%g", c.LabelThreshold)
	}
	if len(c.Classes) > 0 {
		line("classes", "%s", c.Classes.toml())
	}
	if c.Ignore != "" {
		line("ignore", "%s", c.Ignore)
	}
	if c.Split != "" {
		line("split", "%s", tomlString(c.Split))
	}
	if c.Size.Set() {
		line("size", "%v", c.Size)
	}
	return b.String()
}

// tomlString writes a string as TOML does: as it is, where quotes allow it.
func tomlString(s string) string {
	control := strings.ContainsFunc(s, unicode.IsControl)
	if strings.ContainsRune(s, '\\') && !strings.Contains(s, "'") && !control {
		return "'" + s + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

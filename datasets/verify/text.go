package verify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxListed is the number of findings of one level and text printed for a dataset; the JSON form has all.
const maxListed = 12

// Text writes the report as text.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "data folder %s\n", r.Folder)
	list(&b, r.Findings)
	for i := range r.Datasets {
		r.Datasets[i].text(&b)
	}
	for i := range r.Own {
		r.Own[i].text(&b)
	}
	switch r.ExitCode() {
	case ExitWell:
		b.WriteString("\nall well\n")
	case ExitWarnings:
		b.WriteString("\nusable, with warnings\n")
	default:
		if slices.ContainsFunc(r.Datasets, func(d Dataset) bool { return d.Found }) {
			b.WriteString("\nunusable: see the errors\n")
		} else {
			b.WriteString("\nno known dataset found\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d *Dataset) text(b *strings.Builder) {
	if !d.Found {
		instead := "it cannot be drawn, so a sweep needs it"
		if d.drawn {
			instead = "a sweep draws a phantom in its place"
		}
		fmt.Fprintf(b, "\n%s: not there; %s\n", d.Name, instead)
		list(b, d.Findings)
		return
	}
	fmt.Fprintf(b, "\n%s: %s\n", d.Name, d.Folder)
	for _, p := range slices.Sorted(keys(d.Images)) {
		fmt.Fprintf(b, "  images with labels (%s): %d", p, d.Images[p])
		if n := d.Expected[p]; n > 0 {
			fmt.Fprintf(b, " of %d", n)
		}
		b.WriteByte('\n')
	}
	for _, s := range d.Sizes {
		fmt.Fprintf(b, "  %d×%d px: %d images\n", s.Width, s.Height, s.Images)
	}
	if f := d.FOV; f != nil {
		fmt.Fprintf(b, "  field of view: %d masks in the copy, %d made from the images; "+
			"they cover %.1f–%.1f %% of an image\n", f.Shipped, f.Generated, 100*f.Share[0], 100*f.Share[1])
		if len(f.Dice) > 0 {
			sum := 0.0
			for _, v := range f.Dice {
				sum += v.Dice
			}
			least := slices.MinFunc(f.Dice, func(a, b Dice) int { return cmp.Compare(a.Dice, b.Dice) })
			fmt.Fprintf(b, "  masks made from the images against those in the copy: Dice %.4f on average, at least "+
				"%.4f (%s)\n", sum/float64(len(f.Dice)), least.Dice, least.ID)
		}
		if len(f.Circularity) > 0 {
			least := slices.MinFunc(f.Circularity, func(a, b Circularity) int {
				return cmp.Compare(a.Circularity, b.Circularity)
			})
			fmt.Fprintf(b, "  masks made from the images: circularity at least %.4f (%s)\n",
				least.Circularity, least.ID)
		}
	}
	for _, c := range d.Counts {
		fmt.Fprintf(b, "  %s: %s and %s", c.What, thousands(c.Found[0]), thousands(c.Found[1]))
		if c.Published[0] > 0 {
			fmt.Fprintf(b, "; published %s and %s", thousands(c.Published[0]), thousands(c.Published[1]))
			switch {
			case !c.Complete:
				b.WriteString(" for all images")
			case c.Found == c.Published:
				b.WriteString(", equal")
			}
		}
		b.WriteByte('\n')
	}
	list(b, d.Findings)
}

// list prints findings, worst level first, and only the first ones of each level.
func list(b *strings.Builder, findings []Finding) {
	for _, level := range []Level{Error, Warning, Note} {
		n := 0
		for _, f := range findings {
			if f.Level != level {
				continue
			}
			if n++; n > maxListed {
				continue
			}
			fmt.Fprintf(b, "  %s: ", level)
			if f.File != "" {
				b.WriteString(f.File + ": ")
			}
			b.WriteString(f.Text + "\n")
		}
		if n > maxListed {
			fmt.Fprintf(b, "  … and %d more of these (%s); -json lists all\n", n-maxListed, level)
		}
	}
}

// thousands formats a number with separators, such as 1,861,974.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

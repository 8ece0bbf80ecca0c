package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets"
)

// Own is a folder of pictures that is no known dataset.
type Own struct {
	Folder string                `json:"folder"`
	Groups []string              `json:"groups"` // its files, as "30 images/*.jpg"
	Pairs  int                   `json:"pairs"`  // images with their labels, as far as they were told apart
	Sizes  []datasets.SizeCount  `json:"sizes,omitempty"`
	Labels []datasets.LabelValue `json:"labels,omitempty"` // values of some labels
	Notes  []string              `json:"notes,omitempty"`

	Warnings []string `json:"warnings,omitempty"`

	Table string `json:"table,omitempty"` // of experiments.toml, that reads it
}

// propose inspects folders below the data folder in which no dataset was found and, where none of them has pairs of
// images and labels, the data folder itself.
func (r *Report) propose(ctx context.Context) error {
	entries, err := os.ReadDir(r.Folder)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	claimed := func(dir string) bool {
		return slices.ContainsFunc(r.Datasets, func(d Dataset) bool {
			return d.Found && (d.Folder == "" || samePath(d.Folder, dir) ||
				strings.HasPrefix(d.Folder, dir+string(filepath.Separator)))
		})
	}
	pairs := false
	for _, e := range entries {
		dir := filepath.Join(r.Folder, e.Name())
		if info, err := os.Stat(dir); err != nil || !info.IsDir() || strings.HasPrefix(e.Name(), ".") || claimed(dir) {
			continue
		}
		in, err := datasets.Inspect(ctx, dir)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || len(in.Groups) == 0 {
			continue
		}
		if in.Table.Name != e.Name() {
			in.Table.Folder = e.Name()
		}
		pairs = pairs || in.Pairs > 0
		r.Own = append(r.Own, ownOf(in))
	}
	if pairs || claimed(filepath.Clean(r.Folder)) {
		return nil
	}
	in, err := datasets.Inspect(ctx, r.Folder)
	if err == nil && in.Pairs > 0 {
		in.Table.Folder = "."
		r.Own = []Own{ownOf(in)}
	}
	return ctx.Err()
}

func samePath(a, b string) bool { return filepath.Clean(a) == filepath.Clean(b) }

func ownOf(in *datasets.Inspection) Own {
	own := Own{
		Folder: in.Dir, Pairs: in.Pairs, Sizes: in.Sizes, Labels: in.Labels, Notes: in.Notes, Table: in.TOML(),
		Warnings: in.Warnings,
	}
	for _, g := range in.Groups {
		own.Groups = append(own.Groups, fmt.Sprintf("%d %s", g.Files, g.Pattern))
	}
	return own
}

// text writes what the folder holds and the table that reads it.
func (o *Own) text(b *strings.Builder) {
	const most = 5
	fmt.Fprintf(b, "\n%s: no known dataset; it holds %s\n", o.Folder, firstOf(o.Groups, most))
	if o.Pairs > 0 {
		fmt.Fprintf(b, "  images with labels: %d\n", o.Pairs)
	}
	for _, s := range o.Sizes[:min(len(o.Sizes), most)] {
		fmt.Fprintf(b, "  %d×%d px: %d images\n", s.Size.Width, s.Size.Height, s.Images)
	}
	if n := len(o.Sizes) - most; n > 0 {
		fmt.Fprintf(b, "  … and %d more sizes\n", n)
	}
	var values []string
	for _, v := range o.Labels {
		values = append(values, fmt.Sprintf("%s (%.1f %%)", v.Text, 100*v.Share))
	}
	if len(values) > 0 {
		fmt.Fprintf(b, "  values of labels: %s\n", firstOf(values, 2*most))
	}
	for _, warning := range o.Warnings {
		fmt.Fprintf(b, "  warning: %s\n", warning)
	}
	for _, note := range o.Notes {
		fmt.Fprintf(b, "  note: %s\n", note)
	}
	if o.Table != "" {
		fmt.Fprintf(b, "  to read it, put into experiments.toml, and check with -config experiments.toml:\n\n    %s\n",
			strings.TrimSuffix(strings.ReplaceAll(o.Table, "\n", "\n    "), "    "))
	}
}

func firstOf(texts []string, most int) string {
	if n := len(texts) - most; n > 0 {
		return strings.Join(texts[:most], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(texts, ", ")
}

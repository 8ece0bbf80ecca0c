package datasets

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/phantom"
)

// Phantoms lists the datasets that can be drawn, sorted.
func Phantoms() []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return descriptions[name].Phantom == nil })
}

// DrawPhantom draws a dataset into a folder.
func DrawPhantom(ctx context.Context, name, dir string, o phantom.Options) error {
	d := descriptions[name]
	if d == nil || d.Phantom == nil {
		return fmt.Errorf("there is no phantom of %q; there are %s", name, strings.Join(Phantoms(), ", "))
	}
	return d.Phantom(ctx, dir, o)
}

// notThere is the error of a dataset that the data folder does not have and that cannot be drawn.
func (d *Description) notThere(root string, found *Copy) error {
	if root == "" {
		return fmt.Errorf("%s: cannot be drawn: name a data folder (-data), and put it into the folder %s there (%s)",
			d.Name, d.Folders[0], d.Files)
	}
	return fmt.Errorf("%s: is not there, and cannot be drawn: put it into the data folder %s (%s)%s",
		d.Name, filepath.Join(root, d.Folders[0]), d.Files, found.why())
}

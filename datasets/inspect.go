package datasets

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

// Inspection is what a folder of pictures holds, as far as it can be seen without knowing what it is.
type Inspection struct {
	Dir    string
	Groups []PictureGroup // those of most files first

	// Table would read the folder as a dataset; Name is that of the folder. Its Images are "" where no two groups fit
	// together as images and labels.
	Table    Config
	Pairs    int             // images with a label that the table finds
	Entries  []files.Entry   // these, sorted by name
	Problems []files.Problem // what would keep training from using the table, such as an image without a label

	Sizes    []SizeCount // of the images, the commonest first, as their headers say
	Channels int         // of the images that were looked at, the most: 1 where all are grey, even if stored in colour
	Bits     int         // of a sample of theirs
	Range    [2]float64  // of the values of the images that were looked at
	Labels   []LabelValue
	Unclear  bool // labels have values that can neither be two nor those of classes

	Notes    []string // what was assumed, and what does not fit
	Warnings []string // what is likely to be wrong
	// Lost is what could not be looked into, such as a folder without permission.
	Lost []files.Problem
}

// PictureGroup is pictures of a folder that are called alike.
type PictureGroup struct {
	Pattern string // as Config.Images has it
	Files   int
	Example string
}

// SizeCount is how many images have a size.
type SizeCount struct {
	Size   Size
	Images int
}

const (
	maxInspected  = 24 // images are decoded, spread over their group
	leastPatients = 3  // to train, validate and test on
)

// Inspect looks at the pictures of a folder: how they are called, which are images and which are their labels, and what
// is in them. It reads the headers of all images and decodes some. The error is for a folder that cannot be looked at.
func Inspect(ctx context.Context, dir string) (*Inspection, error) {
	paths, skipped, err := files.Search(dir)
	if len(paths) == 0 && err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	in := &Inspection{Dir: dir, Table: Config{Name: tableName(filepath.Base(abs)), Kind: KindFolder}}
	in.unread(skipped, err)
	groups := groupsOf(paths)
	in.cutChannels(groups)
	for _, g := range groups {
		in.Groups = append(in.Groups, PictureGroup{g.pattern(), len(g.files), g.files[0]})
	}
	images, labels, fov := in.match(ctx, groups)
	if images == nil {
		several := func(g *fileGroup) bool { return len(g.files) > 1 }
		if len(groups) > 1 && !slices.ContainsFunc(groups, several) {
			in.Notes = append(in.Notes, "one picture of a kind does not tell images from labels")
		} else if len(groups) > 0 {
			in.Notes = append(in.Notes, "no two groups of files have common names and look like images and their "+
				"labels")
		}
		return in, ctx.Err()
	}
	in.skipUnlabelled(images, labels)
	in.Table.Images, in.Table.Labels = images.pattern(), labels.belongingTo(images)
	if fov != nil {
		in.Table.FOV = fov.belongingTo(images)
	}
	if err := in.widen(images, labels, fov, paths, skipped); err != nil {
		return nil, err
	}
	in.patients(images)
	if err := in.count(paths, skipped); err != nil {
		return nil, err
	}
	in.unusedTables(paths)
	in.look(ctx, images)
	in.lookAtLabels(ctx, labels)
	if in.labelLike(ctx, images) == 1 && in.labelLike(ctx, labels) == 0 {
		in.Warnings = append(in.Warnings, SwappedLabels)
	}
	return in, ctx.Err()
}

// tableName makes a name for a table of that of a folder.
func tableName(folder string) string {
	name := strings.Map(func(r rune) rune {
		if ownName.MatchString("a" + string(r)) {
			return r
		}
		return '_'
	}, folder)
	name = strings.TrimLeft(name, "-._ ")
	if len([]rune(name)) > 64 {
		name = string([]rune(name)[:64])
	}
	if name == "" || registered(name) != "" {
		name = strings.TrimSpace("My " + name)
	}
	return name
}

// match finds the group of images and that of their labels, and maybe one of masks of what counts.
func (in *Inspection) match(ctx context.Context, groups []*fileGroup) (images, labels, fov *fileGroup) {
	const considered = 12
	groups = groups[:min(len(groups), considered)]
	keys, two := make([]map[string]bool, len(groups)), make([]float64, len(groups))
	for i, g := range groups {
		keys[i] = map[string]bool{}
		for _, file := range g.files {
			keys[i][g.key(file)] = true
		}
		two[i] = in.labelLike(ctx, g)
	}
	best := 0.0
	for i, a := range groups {
		for j, b := range groups {
			if i == j || b.belongingTo(a) == "" {
				continue
			}
			common := 0
			for k := range keys[i] {
				if keys[j][k] {
					common++
				}
			}
			// Names tell more than content, content more than numbers.
			score := float64(common) / float64(len(a.files)+len(b.files)-common) * math.Sqrt(float64(common))
			score *= (1.5 - two[i]) * (0.2 + two[j])
			if r := b.role(); r == files.Label || r == files.FOV {
				score *= 3
			}
			if a.role() == files.Image {
				score *= 3
			}
			if a.role() == files.Label || a.role() == files.FOV || b.role() == files.Image {
				score /= 10
			}
			if a.place() != b.place() { // images/s1 do not go with masks/s0, if there are others
				score /= 2
			}
			if common > 1 && score > best {
				best, images, labels = score, a, b
			}
		}
	}
	if images == nil {
		return nil, nil, nil
	}
	for i, g := range groups {
		mask := g.role() == files.FOV && labels.role() == files.Label
		if g != images && g != labels && (g.fovLike() || mask) && two[i] == 1 && g.belongingTo(images) != "" &&
			len(g.files) == len(images.files) {
			fov = g
		}
	}
	return images, labels, fov
}

// role is what names of folders and the end of the stems tell of a group, 0 where they tell nothing.
func (g *fileGroup) role() files.Role {
	for _, word := range []string{g.suffix, g.prefix} {
		if r := wordRole(strings.Trim(word, "_-. ")); r != 0 {
			return r
		}
	}
	return files.FolderRole(g.folder + "/x")
}

func (g *fileGroup) fovLike() bool {
	return strings.Contains(strings.ToLower(g.folder+g.suffix), "fov")
}

// some are up to n files of a group, spread over it.
func (g *fileGroup) some(n int) []string {
	n = min(n, len(g.files))
	out := make([]string, n)
	for i := range out {
		out[i] = g.files[i*len(g.files)/n]
	}
	return out
}

// patients proposes a regular expression where folders seem to be patients.
func (in *Inspection) patients(images *fileGroup) {
	i := slices.Index(strings.Split(images.folder, "/"), "*")
	elsewhere := func(file string) bool { return path.Dir(file) != path.Dir(images.files[0]) }
	if i < 0 && !slices.ContainsFunc(images.files, elsewhere) {
		return
	}
	parts, folders := map[string]int{}, map[string]bool{}
	for _, file := range images.files {
		parts[files.FolderPart(file)]++
		if i >= 0 {
			folders[strings.Split(file, "/")[i]] = true
		}
	}
	switch n := len(images.files); {
	case parts[""] == 0 && parts["train"] > 0 && parts["test"] > 0:
		in.Table.Split = ByFolder
		note := fmt.Sprintf("folders tell what trains (%d images), validates (%d) and tests (%d)",
			parts["train"], parts["validation"], parts["test"])
		if parts["validation"] == 0 {
			note += "; a tenth of those that train is held out to validate"
		}
		in.Notes = append(in.Notes, note)
		return
	case parts["train"] > 0 && parts["test"] > 0:
		in.Notes = append(in.Notes, fmt.Sprintf("%s in no folder called train, val or test: all images are divided "+
			"anew; split = %q would leave these out", counted1(parts[""], "image is", "images are"), ByFolder))
		return
	case parts[""] < n:
		in.Notes = append(in.Notes, "folders tell parts, but not both what trains and what tests: all images are "+
			"divided anew")
		return
	}
	switch {
	case i < 0:
		return
	case len(folders) < leastPatients:
		in.Notes = append(in.Notes, fmt.Sprintf("images lie in %d folders, %s, which are too few for a patient each: "+
			"to train, validate and test on other patients takes %d", len(folders),
			strings.Join(slices.Sorted(maps.Keys(folders)), " and "), leastPatients))
		return
	}
	in.Table.Patient = "^" + strings.Repeat("[^/]+/", i) + "([^/]+)/"
	in.Notes = append(in.Notes, "images of one folder are taken for those of one patient; patients stay together")
}

// count pairs the files as the table says.
func (in *Inspection) count(paths []string, skipped []files.Problem) error {
	c, err := in.pairsBy(in.Table, paths, skipped)
	if err != nil {
		return err
	}
	in.Pairs, in.Entries, in.Problems = len(c.Entries), c.Entries, c.Problems
	for _, list := range [][]files.Problem{c.Problems, c.Unpaired} {
		if n := len(list); n > 0 {
			in.Notes = append(in.Notes, fmt.Sprintf("%s: %s",
				counted1(n, "file does not fit", "files do not fit"), list[0].Error()))
		}
	}
	in.leftOver(c)
	sizes := map[Size]int{}
	for _, e := range c.Entries {
		path := filepath.Join(in.Dir, filepath.FromSlash(e.Image))
		data, err := files.Bytes(path)
		if err != nil {
			continue // a sweep says so
		}
		if h, err := files.ReadHeader(path, data); err == nil {
			sizes[Size{h.Width, h.Height}]++
		}
	}
	for _, s := range slices.SortedFunc(maps.Keys(sizes), func(a, b Size) int {
		return cmp.Or(sizes[b]-sizes[a], b.Width*b.Height-a.Width*a.Height, b.Width-a.Width)
	}) {
		in.Sizes = append(in.Sizes, SizeCount{s, sizes[s]})
	}
	return nil
}

// look decodes some images: what input and which window they need.
func (in *Inspection) look(ctx context.Context, g *fileGroup) {
	in.Range = [2]float64{math.Inf(1), math.Inf(-1)}
	signed, coloured, full := false, false, 0.0
	types := map[raster.Type]string{}
	for _, file := range g.some(maxInspected) {
		m, err := files.Picture(ctx, filepath.Join(in.Dir, filepath.FromSlash(file)))
		if err != nil {
			continue
		}
		types[m.Type] = file
		in.Bits, full = max(in.Bits, 8*m.Type.Bytes()), max(full, m.FullScale())
		signed = signed || m.FullScale() == 0
		for i := range m.Width * m.Height {
			for c := range m.Channels {
				v := m.At(i*m.Channels + c)
				in.Range = [2]float64{min(in.Range[0], v), max(in.Range[1], v)}
				coloured = coloured || c > 0 && c < 3 && v != m.At(i*m.Channels)
			}
		}
	}
	defer in.noteTypes(types) // when it is known whether there is a window
	in.Channels, in.Table.Input = 1, "grey"
	if coloured {
		in.Channels, in.Table.Input = 3, "rgb"
	}
	if in.Range[0] >= in.Range[1] {
		in.Range = [2]float64{}
		return
	}
	if signed || full > math.MaxUint8 && in.Range[1] < full/4 && !coloured {
		in.Table.Window = in.Range
		in.Notes = append(in.Notes, fmt.Sprintf("the window is from the smallest to the largest value of %d images; "+
			"a narrower one may show more", min(maxInspected, len(g.files))))
	}
}

// noteTypes notes that samples are of several types, each with a file of it: what their scale is depends on the window.
func (in *Inspection) noteTypes(types map[raster.Type]string) {
	if len(types) < 2 {
		return
	}
	var found []string
	for _, t := range slices.Sorted(maps.Keys(types)) {
		found = append(found, fmt.Sprintf("%v (%s)", t, types[t]))
	}
	scale := "each with the white of its own"
	if in.Table.Window != [2]float64{} {
		scale = "and have one window"
	}
	in.Notes = append(in.Notes, fmt.Sprintf("images with samples of several types belong together, %s: %s; verify "+
		"lists them", scale, strings.Join(found, ", ")))
}

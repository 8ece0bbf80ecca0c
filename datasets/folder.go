package datasets

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"r2unet/datasets/files"
)

// KindFolder is the value of Config.Kind for a folder of pictures that no Go file describes.
const KindFolder = "folder"

// Holdout is the usual protocol of a folder of pictures: one split, of whole patients, by Config.Shares.
const Holdout = "holdout"

// ByFolder is the protocol of a folder of pictures whose subfolders are called train, val and test.
const ByFolder = "folders"

// usualShares are those of Config.Shares where they are not set.
var usualShares = [3]float64{0.7, 0.1, 0.2}

// folder is what a description of kind = "folder" has beside what all have.
type folder struct {
	config              Config
	images, labels, fov *pattern       // nil where the key is not set
	patient             *regexp.Regexp // nil: each image is a patient
	list                string         // the CSV file of the split, below the dataset's folder; "" = none
}

// folderKey names a key that is set and goes with kind = "folder" alone; "" where there is none.
func (c Config) folderKey() string {
	for _, k := range []struct{ key, value string }{
		{"images", c.Images}, {"labels", c.Labels}, {"fov", c.FOV}, {"patient", c.Patient},
	} {
		if k.value != "" {
			return fmt.Sprintf("%s = %q", k.key, k.value)
		}
	}
	if c.Shares != [3]float64{} {
		return "shares = " + sharesText(c.Shares)
	}
	return ""
}

func sharesText(s [3]float64) string { return fmt.Sprintf("[%g, %g, %g]", s[0], s[1], s[2]) }

// ownName is what a dataset of an own folder may be called: its results are kept in folders of that name.
var ownName = regexp.MustCompile(`^[\pL\pN][-. _\pL\pN]{0,63}$`)

// describeFolder makes the description of a folder of pictures.
func (c Config) describeFolder() (*Description, error) {
	if !ownName.MatchString(c.Name) {
		return nil, fmt.Errorf("name = %q: take at most 64 letters, digits, spaces and - _ . , a letter or digit first",
			c.Name)
	}
	if known := registered(c.Name); known != "" {
		return nil, fmt.Errorf("name = %q: is one of %s, which tables would show beside these pictures: "+
			"choose another name, and folder = %q to say where they are", c.Name, known, c.Name)
	}
	f := &folder{config: c}
	if isList(c.Split) {
		f.list = c.Split
		if !localPath(c.Split) {
			return nil, fmt.Errorf("split = %q: must lie below the dataset's folder", c.Split)
		}
	}
	var err error
	for _, k := range []struct {
		key, value string
		names      bool // files of an image, by placeholders
		to         **pattern
	}{{"images", c.Images, false, &f.images}, {"labels", c.Labels, true, &f.labels}, {"fov", c.FOV, true, &f.fov}} {
		switch {
		case k.value != "":
			if *k.to, err = newPattern(k.value, k.names, f.images); err != nil {
				return nil, fmt.Errorf("%s = %q: %w", k.key, k.value, err)
			}
		case k.key != "fov" && f.list == "":
			return nil, fmt.Errorf("%s is missing: kind = %q needs images = \"images/*.png\" and labels = "+
				"\"masks/{stem}.png\", as its files are called; go run ./cmd/verify -data DIR proposes them",
				k.key, KindFolder)
		}
	}
	for _, k := range []struct{ key, value string }{{"loss-region", c.LossRegion}, {"sampling", c.Sampling}} {
		if k.value == "fov" && f.fov == nil && f.list == "" {
			return nil, fmt.Errorf(`%s = "fov": needs fov = "…", a pattern of the masks of what counts`, k.key)
		}
	}
	if c.Patient != "" {
		if f.patient, err = regexp.Compile(c.Patient); err != nil {
			return nil, fmt.Errorf("patient = %q: %w", c.Patient, err)
		}
	}
	d := &Description{
		Name: c.Name, Folders: []string{c.Name}, Files: c.Images,
		Colour: c.Window == [2]float64{}, CT: c.Window != [2]float64{}, Window: c.Window, AnyValues: true,
		Grey: c.Input == "grey", SubjectNames: c.Patient != "", masks: true, folder: f,
	}
	if d.Files == "" {
		d.Files = "as in " + c.Split
	}
	if !d.CT {
		d.Window = noWindow
	}
	if f.list != "" {
		d.Splits = []Protocol{{Name: c.Split, Divide: listedParts}}
		if c.Shares != [3]float64{} {
			return nil, fmt.Errorf(`shares = %s: goes with split = %q only`, sharesText(c.Shares), Holdout)
		}
		return d, nil
	}
	if err := checkShares(c); err != nil {
		return nil, err
	}
	d.Splits = []Protocol{{Name: Holdout, Divide: shared(c.Shares)}, {Name: ByFolder, Divide: listedParts}}
	return d, nil
}

// registered names the registered dataset that is called or kept so, "" where there is none.
func registered(name string) string {
	for known, d := range descriptions {
		if slices.ContainsFunc(append([]string{known}, d.Folders...), func(s string) bool {
			return letters(s) == letters(name)
		}) {
			return known
		}
	}
	return ""
}

func checkShares(c Config) error {
	s := c.Shares
	switch {
	case s == [3]float64{}:
		return nil
	case c.Split != "" && c.Split != Holdout:
		return fmt.Errorf(`shares = %s: goes with split = %q only`, sharesText(s), Holdout)
	case !(s[0] > 0 && s[1] >= 0 && s[2] > 0) || math.Abs(s[0]+s[1]+s[2]-1) > 1e-6:
		return fmt.Errorf("shares = %s: must be three parts of 1, of images to train, to validate and to test, such "+
			"as %s", sharesText(s), sharesText(usualShares))
	}
	return nil
}

// shared is the protocol that draws whole patients by shares.
func shared(shares [3]float64) func([]files.Entry, uint64) ([]Split, error) {
	if shares == [3]float64{} {
		shares = usualShares
	}
	part := func(n int, share float64) int {
		if share == 0 {
			return 0
		}
		return max(1, int(math.Round(share*float64(n))))
	}
	return func(entries []files.Entry, seed uint64) ([]Split, error) {
		n := len(entries)
		return Drawn(entries, part(n, shares[1]), part(n, shares[2]), ByPatient, seed)
	}
}

// listedParts is the protocol of a list that tells the part of each image.
func listedParts(entries []files.Entry, _ uint64) ([]Split, error) {
	if !slices.ContainsFunc(entries, func(e files.Entry) bool { return e.Part != "" }) {
		return nil, fmt.Errorf("no image is in a folder called train, val or test")
	}
	return []Split{Parts(entries)}, nil
}

// isList reports whether a split is a list, a CSV file.
func isList(split string) bool { return strings.EqualFold(path.Ext(split), ".csv") }

// localPath reports whether a path with slashes stays below the folder that it starts from.
func localPath(p string) bool {
	clean := path.Clean(p)
	return p != "" && !path.IsAbs(p) && clean != ".." && !strings.HasPrefix(clean, "../") &&
		!strings.Contains(p, "\x00")
}

package datasets

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

// drawSeveral draws a pair for each image, which has its label in the place that label says.
func drawSeveral(t *testing.T, dir string, label func(image string) string, images ...string) {
	t.Helper()
	for i, image := range images {
		drawFile(t, filepath.Join(dir, image), 24, 20, i, false)
		drawFile(t, filepath.Join(dir, label(image)), 24, 20, i, true)
	}
}

func inMasks(image string) string {
	image = strings.TrimSuffix(image, filepath.Ext(image)) + ".png"
	return strings.Replace(image, "images", "masks", 1)
}

// TestPairsInSeveralFoldersAreAllTaken, of whatever names, by the table that is proposed.
func TestPairsInSeveralFoldersAreAllTaken(t *testing.T) {
	beside := func(image string) string { return strings.TrimSuffix(image, ".png") + "_mask.png" }
	flat := func(image string) string { return "masks/" + path.Base(image) }
	for name, c := range map[string]struct {
		files          string // a letter each
		label          func(string) string
		images, labels string
		note           string
	}{
		"two folders of the same names": {
			"images/s0/abc.png images/s1/abc.png",
			inMasks, "images/*/*.png", "masks/{dir}/{stem}.png", "2 folders, s0 and s1, which are too few",
		},
		"a large folder and a small one": {
			"images/s0/ab.png images/s1/abcd.png",
			inMasks, "images/*/*.png", "masks/{dir}/{stem}.png", "too few for a patient each",
		},
		"of several depths": {
			"images/abcd.png images/sub/ae.png",
			inMasks, "images/**/*.png", "masks/{dir}/{stem}.png", "are taken: images, images/sub",
		},
		"of several depths, each beside its label": {
			"abcd.png old/ae.png",
			beside, "**/*.png", "{dir}/{stem}_mask.png", "are taken: old, the folder itself",
		},
		"labels in one folder": {
			"images/s0/abc.png images/s1/de.png",
			flat, "images/**/*.png", "masks/{stem}.png", "are taken: images/s0, images/s1",
		},
		"of several depths, labels in one folder": {
			"images/abc.png images/s1/de.png",
			flat, "images/**/*.png", "masks/{stem}.png", "are taken: images, images/s1",
		},
		"two folders, each with its labels": {
			"p0/abcdef.png p1/abcdef.png",
			beside, "*/*.png", "{dir}/{stem}_mask.png", "2 folders, p0 and p1, which are too few for a patient each",
		},
		"three folders, each with its labels": {
			"p0/abcdef.png p1/abcdef.png p2/abcdef.png",
			beside, "*/*.png", "{dir}/{stem}_mask.png", "images of one folder are taken for those of one patient",
		},
		"four folders, each with its labels": {
			"p0/abcdef.png p1/abcdef.png p2/abcdef.png p3/abcdef.png",
			beside, "*/*.png", "{dir}/{stem}_mask.png", "all of which are taken: p0, p1, p2, p3",
		},
		"three folders of a folder, each with its labels": {
			"data/p0/abc.png data/p1/abcdef.png data/p2/ghi.png",
			beside, "data/*/*.png", "data/{dir}/{stem}_mask.png", "are taken for those of one patient",
		},
		"folders of several depths, each with its labels": {
			"p0/abcdef.png p1/abcdef.png p1/more/abc.png g.png",
			beside, "**/*.png", "{dir}/{stem}_mask.png", "are taken: p0, p1, p1/more, the folder itself",
		},
		"of the same names elsewhere": {
			"images/abcd.png extra/images/ae.png",
			inMasks, "**/images/*.png", "{dir}/../masks/{stem}.png", "are taken: extra/images, images",
		},
		"two sites, endings of their own": {
			"s0/images/abc.jpg s1/images/def.png",
			inMasks, "*/images/*.{jpg,png}", "{dir}/../masks/{stem}.png", "takes 3",
		},
		"three sites are three patients": {
			"images/s0/ab.png images/s1/ab.png images/s2/ab.png",
			inMasks, "images/*/*.png", "masks/{dir}/{stem}.png", "of one folder are taken for those of one patient",
		},
	} {
		root := t.TempDir()
		dir := filepath.Join(root, "Own")
		var images []string
		for _, field := range strings.Fields(c.files) {
			folder, name := path.Split(field)
			letters, ending, _ := strings.Cut(name, ".")
			for _, letter := range letters {
				images = append(images, folder+string(letter)+"."+ending)
			}
		}
		drawSeveral(t, dir, c.label, images...)
		in, err := Inspect(t.Context(), dir)
		must(t, err)
		if in.Table.Images != c.images || in.Table.Labels != c.labels || in.Pairs != len(images) || in.Channels != 3 ||
			len(in.Labels) != 2 || len(in.Warnings) > 0 || !strings.Contains(strings.Join(in.Notes, "\n"), c.note) {
			t.Errorf("%s: images %q, labels %q, %d pairs, labels of %v, notes %q, warnings %q", name, in.Table.Images,
				in.Table.Labels, in.Pairs, in.Labels, in.Notes, in.Warnings)
			continue
		}
		var read struct{ Dataset []Config }
		_, err = toml.Decode(in.TOML(), &read)
		must(t, err)
		read.Dataset[0].Cache = t.TempDir()
		ds, err := Open(t.Context(), read.Dataset[0], root, 1)
		must(t, err)
		got := map[string]string{}
		for _, e := range ds.copy.Entries {
			got[e.Image] = e.Label
		}
		want := map[string]string{}
		for _, file := range images {
			want[file] = c.label(file)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(ds.copy.Hints) > 0 {
			t.Errorf("%s: %s, hints %q", name, diff, ds.copy.Hints)
		}
	}
}

// TestPicturesInSeveralFoldersStayApartAsTheyAre: what a wider pattern would take must not cost a pair or a label.
func TestPicturesInSeveralFoldersStayApartAsTheyAre(t *testing.T) {
	beside := func(image string) string { return strings.TrimSuffix(image, ".png") + "_mask.png" }
	for name, c := range map[string]struct {
		pairs          string
		label          func(string) string
		alone          string // photographs
		images, labels string
		taken          int
		warning        string // "" = none
	}{
		"an image has no label": {
			"images/a.png images/b.png images/c.png images/sub/d.png images/sub/e.png",
			inMasks, "images/sub/f.png", "images/*.png", "masks/{stem}.png", 3,
			`images = "images/**/*.png" with labels = "masks/{dir}/{stem}.png" would take 5 pairs in place of 3, but ` +
				"images/sub/f.png: has no label: there is no file masks/sub/f.png: mend it, or move it away",
		},
		"an image has no label beside it": {
			"p0/a.png p0/b.png p0/c.png p1/a.png p1/b.png", beside, "p1/f.png", "p0/*.png", "p0/{stem}_mask.png", 3,
			`images = "*/*.png" with labels = "{dir}/{stem}_mask.png" would take 5 pairs in place of 3, but p1/f.png: has`,
		},
		"images have no labels beside them": {
			"p0/a.png p0/b.png p0/c.png p0/d.png p1/a.png p1/b.png p1/c.png", beside, "p1/f.png p1/g.png",
			"p0/*.png", "p0/{stem}_mask.png", 4, "no file p1/f_mask.png (and 1 more): mend it, or move it away",
		},
		"other pictures lie beside": {
			"p0/a.png p0/b.png p0/c.png p1/a.png", beside, "p1/f.png p1/g.png", "p0/*.png", "p0/{stem}_mask.png", 3, "",
		},
		"images would be labels of others": {
			"images/a.png images/b.png images/c.png", path.Base,
			"images/d.png images/images/a.png images/images/b.png images/images/c.png images/images/d.png",
			"images/*.png", "{stem}.png", 3, "",
		},
		"a pattern has a *": {
			"images/s0/a.png images/s1/a.png images/s2/a.png images/s0/sub/z.png",
			inMasks, "", "images/*/*.png", "masks/{dir}/{stem}.png", 3, "is left out by images = \"images/*/*.png\"",
		},
	} {
		dir := t.TempDir()
		drawSeveral(t, dir, c.label, strings.Fields(c.pairs)...)
		for i, file := range strings.Fields(c.alone) {
			drawFile(t, filepath.Join(dir, file), 24, 20, i, false)
		}
		in, err := Inspect(t.Context(), dir)
		must(t, err)
		warned := strings.Join(in.Warnings, "\n")
		if in.Table.Images != c.images || in.Table.Labels != c.labels || in.Pairs != c.taken ||
			!strings.Contains(warned, c.warning) || c.warning == "" && strings.Contains(warned, "would take") {
			t.Errorf("%s: images %q, labels %q, %d pairs, notes %q, warnings %q", name, in.Table.Images,
				in.Table.Labels, in.Pairs, in.Notes, in.Warnings)
		}
	}
}

// TestPicturesThatNoPatternTakesAreNamed where one pattern cannot take them, or a matrix does not.
func TestPicturesThatNoPatternTakesAreNamed(t *testing.T) {
	taken := []string{"images/s0/a.png", "images/s0/b.png", "images/s0/c.png", "images/s0/d.png"}
	for name, c := range map[string]struct {
		images, labels string
		others         []string // pairs
		alone          []string // pictures
		want           string   // "" = no warning
	}{
		"another folder": {
			"images/s0/*.png", "masks/s0/{stem}.png",
			[]string{"images/s1/a.png", "images/s1/b.png"},
			nil,
			`2 pictures that are called like images are left out by images = "images/s0/*.png", such as images/s1/a.png: `,
		},
		"another folder, other names": {
			"images/s0/*.png", "masks/s0/{stem}.png",
			[]string{"images/s1/x.png"},
			nil,
			`1 picture that is called like an image is left out by images = "images/s0/*.png", such as images/s1/x.png`,
		},
		"another ending": {
			"images/s0/*.png", "masks/s0/{stem}.png", nil,
			[]string{"images/s0/b.jpg"},
			`1 picture that is called like an image is left out by images = "images/s0/*.png", such as images/s0/b.jpg`,
		},
		"elsewhere": {
			"images/s0/*.png", "masks/s0/{stem}.png",
			[]string{"extra/images/x.png"},
			nil,
			`1 picture that is called like an image is left out by images = "images/s0/*.png", such as extra/images/x.png`,
		},
		"below": {
			"images/s0/*.png", "masks/s0/{stem}*.png",
			[]string{"images/s0/sub/x.png"},
			nil,
			`1 picture that is called like an image is left out by images = "images/s0/*.png", such as images/s0/sub/x.png`,
		},
		"a second label": {
			"images/s0/*.png", "masks/s0/{stem}.png", nil,
			[]string{"masks/s0/b.jpg"},
			"1 picture that is called like a label but for its ending is left out, such as masks/s0/b.jpg: look which",
		},
		"all are taken": {"images/*/*.png", "masks/{dir}/{stem}.png", []string{"images/s1/x.png"}, nil, ""},
		"no labels":     {"images/s0/*.png", "masks/s0/{stem}.png", nil, []string{"images/s1/x.png"}, ""},
		"no images":     {"images/s0/*.png", "masks/s0/{stem}.png", nil, []string{"labels-vk/a.png", "rater2/a.png"}, ""},
	} {
		dir := t.TempDir()
		drawSeveral(t, dir, inMasks, append(c.others, taken...)...)
		for _, file := range c.alone {
			drawFile(t, filepath.Join(dir, file), 24, 20, 0, false)
		}
		config := Config{
			Name: "Own", Kind: KindFolder, Folder: ".", Images: c.images, Labels: c.labels, Cache: t.TempDir(),
		}
		ds, err := Open(t.Context(), config, dir, 1)
		must(t, err)
		warned := strings.Join(ds.Facts().Warnings, "\n")
		if !strings.HasPrefix(warned, c.want) || c.want == "" && warned != "" {
			t.Errorf("%s: %q, want %q", name, warned, c.want)
		}
	}

	dir := t.TempDir()
	drawSeveral(t, dir, inMasks, "images/a.png", "images/b.png", "images/c.png")
	drawFile(t, filepath.Join(dir, "images", "b.jpg"), 24, 20, 0, false)
	drawFile(t, filepath.Join(dir, "previews", "all.jpg"), 24, 20, 0, false)
	must(t, os.Symlink("nowhere", filepath.Join(dir, "more")))
	in, err := Inspect(t.Context(), dir)
	must(t, err)
	for _, want := range []string{
		`1 picture that is called like an image is left out by images = "images/*.png", such as images/b.jpg`,
		"1 folder or link could not be looked into, and what may be in there is left out: more: is a symbolic link",
	} {
		if !strings.Contains(strings.Join(in.Warnings, "\n"), want) {
			t.Errorf("%q without %q", in.Warnings, want)
		}
	}
	const want = "2 pictures are no part of the pairs and are left out: 1 images/*.jpg, 1 previews/*.jpg"
	if in.Pairs != 3 || !strings.Contains(strings.Join(in.Notes, "\n"), want) {
		t.Errorf("%d pairs, %q without %q", in.Pairs, in.Notes, want)
	}
}

// TestImagesGoWithTheLabelsOfTheirFolder: images of another folder may have the same names.
func TestImagesGoWithTheLabelsOfTheirFolder(t *testing.T) {
	for labelled, other := range map[string]string{"s0": "s1", "s1": "s0"} {
		dir := t.TempDir()
		for _, letter := range "abc" {
			name := string(letter) + ".png"
			drawSeveral(t, dir, inMasks, filepath.Join("images", labelled, name))
			drawFile(t, filepath.Join(dir, "images", other, name), 24, 20, 9, false)
		}
		in, err := Inspect(t.Context(), dir)
		must(t, err)
		want := `3 pictures that are called like images are left out by images = "images/` + labelled + `/*.png"`
		if in.Table.Images != "images/"+labelled+"/*.png" || in.Table.Labels != "masks/"+labelled+"/{stem}.png" ||
			!strings.HasPrefix(strings.Join(in.Warnings, ""), want) {
			t.Errorf("images %q, labels %q, warnings %q", in.Table.Images, in.Table.Labels, in.Warnings)
		}
	}
}

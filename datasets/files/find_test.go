package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// tree creates empty files below a folder.
func tree(t *testing.T, paths ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range paths {
		p = filepath.Join(dir, p)
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSearchListsFilesAndLeavesOutWhatSystemsLeaveBehind(t *testing.T) {
	dir := tree(t, "b.png", "a/x.tif", "a/b/c/d/y.tif", "1/2/3/4/5/6/7/deep.tif", ".DS_Store", "a/._x.tif",
		"__MACOSX/z.tif",
		"$RECYCLE.BIN/S-1/deleted.tif", "System Volume Information/x.tif", "lost+found/x.tif")
	got, problems, err := Search(dir)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if want := []string{"1/2/3/4/5/6/7/deep.tif", "a/b/c/d/y.tif", "a/x.tif", "b.png"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSearchFollowsLinksButNotInCircles(t *testing.T) {
	elsewhere, dir := tree(t, "x.png"), tree(t, "y.png")
	if err := os.Symlink(elsewhere, filepath.Join(dir, "more")); err != nil {
		t.Skip(err)
	}
	want := []string{"more/x.png", "y.png"}
	for name, to := range map[string]string{
		"": "", "up": dir, "self": filepath.Join(dir, "self"),
		"nowhere": filepath.Join(dir, "gone"),
	} {
		if name != "" {
			if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		got, problems, err := Search(dir)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, want)
		}
		if name != "" && (len(problems) != 1 || problems[0].File != name) {
			t.Errorf("%s: problems %v do not name the link", name, problems)
		}
		os.Remove(filepath.Join(dir, name))
	}
}

// TestALargeTreeHidesNothing puts more files than are searched beside folders with a dataset's usual names.
func TestALargeTreeHidesNothing(t *testing.T) {
	defer func(old int) { maxEntries = old }(maxEntries)
	maxEntries = 100
	paths := []string{"zz/images/a.png", "zz/labels/a.png", "b.png"}
	for i := range 200 {
		paths = append(paths, fmt.Sprintf("big/d%03d/f.png", i))
	}
	dir := tree(t, paths...)
	got, _, err := Search(dir)
	var many *TooManyError
	if !errors.As(err, &many) || !strings.HasPrefix(err.Error(), "folder "+dir+" holds more than 100 ") ||
		!strings.HasPrefix(many.Next, "big/") {
		t.Errorf("error %v does not name the root and what was left out", err)
	}
	for _, want := range []string{"b.png", "zz/images/a.png", "zz/labels/a.png"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is hidden", want)
		}
	}
}

func TestSearchReportsWhatIsBrokenAndFindsTheRest(t *testing.T) {
	dir := tree(t, "good.png", "notes.txt", "sub/good.tif", "folder.png/inside.png",
		"1/2/3/4/5/6/7/8/9/10/11/12/13/deep.tif", ".hidden.png")
	links := map[string]string{"itself.png": "itself.png", "nowhere.tif": "gone.tif", "up": ".", "link.gif": "good.png"}
	for name, to := range links {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	found, problems, err := Search(dir)
	if want := []string{"folder.png/inside.png", "good.png", "link.gif", "notes.txt", "sub/good.tif"}; err != nil ||
		!slices.Equal(found, want) {
		t.Errorf("found %v, %v, want %v", found, err, want)
	}
	var texts []string
	for _, p := range problems {
		texts = append(texts, p.Error())
	}
	want := []string{
		"1/2/3/4/5/6/7/8/9/10/11/12/13: lies deeper than 12 folders, and is not looked into",
		"folder.png: is a folder, not an image",
		"itself.png: is a symbolic link that cannot be followed: too many levels of symbolic links",
		"nowhere.tif: is a symbolic link that leads to nothing",
		"up: is a symbolic link that leads back to " + realPath(t, dir) + ", which it lies in",
	}
	if !slices.Equal(texts, want) {
		t.Errorf("problems\n%s\nwant\n%s", strings.Join(texts, "\n"), strings.Join(want, "\n"))
	}
	if _, _, err := Search(filepath.Join(dir, "gone")); err == nil {
		t.Error("a missing folder gives no error")
	}
}

func realPath(t *testing.T, path string) string {
	t.Helper()
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

func TestSearchNamesAnUnreadableFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := tree(t, "a/x.png")
	if err := os.Chmod(filepath.Join(dir, "a"), 0); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(filepath.Join(dir, "a"), 0o777) }() // so that it can be removed
	if _, problems, err := Search(dir); err != nil || len(problems) != 1 ||
		problems[0].Error() != "a: cannot be listed: permission denied" {
		t.Errorf("%v, problems %v", err, problems)
	}
}

func TestStemCutsEndingsInAnyCase(t *testing.T) {
	for path, want := range map[string]string{
		"a/im0001.ah.ppm.gz": "im0001.ah", "IM0001.PPM.GZ": "IM0001", "x/21_training.TIF": "21_training", "a.jpeg": "a",
		"b.tiff": "b",
	} {
		if got, ok := Stem(path); got != want || !ok {
			t.Errorf("%s: %q, %t, want %q", path, got, ok, want)
		}
	}
	for _, path := range []string{"a.csv", "IMG_0002.nii.gz", ".png", "noending"} {
		if stem, ok := Stem(path); ok {
			t.Errorf("%s is taken for a picture, %q", path, stem)
		}
	}
}

// letters matches "imageA", "labelA", … by the last letter.
func letters(path string) (Match, bool) {
	stem, ok := Stem(path)
	for name, role := range map[string]Role{"image": Image, "label": Label, "second": Second, "fov": FOV} {
		if id, found := strings.CutPrefix(stem, name); found && len(id) == 1 && ok {
			return Match{ID: id, Subject: id, Role: role}, true
		}
	}
	return Match{}, false
}

func TestPairGoesByNamesAndReportsWhatDoesNotFit(t *testing.T) {
	entries, problems, alone := Pair([]string{
		"x/imageB.png", "imageA.ppm", "imageA.ppm.gz", "y/labelB.gif", "labelA.png", "fovB.gif", "labelC.png",
		"z/imageB.png", "readme.txt",
	}, letters)
	want := []Entry{
		{ID: "A", Subject: "A", Image: "imageA.ppm", Label: "labelA.png"},
		{ID: "B", Subject: "B", Image: "x/imageB.png", Label: "y/labelB.gif", FOV: "fovB.gif"},
	}
	if !slices.Equal(entries, want) {
		t.Errorf("got %+v, want %+v", entries, want)
	}
	if len(problems) != 1 || problems[0].File != "z/imageB.png" || problems[0].Beside != "x/imageB.png" ||
		len(alone) != 1 || alone[0].File != "labelC.png" {
		t.Errorf("problems %v, alone %v", problems, alone)
	}
}

func TestNobodyIsToldToRemoveAPhotograph(t *testing.T) {
	_, problems, _ := Pair([]string{"a/imageA.png", "b/imageA.png", "a/secondA.png", "b/secondA.png"}, letters)
	if len(problems) != 2 {
		t.Fatal(problems)
	}
	for _, p := range problems {
		if strings.Contains(p.Text, "keep one") || strings.Contains(p.Text, "second second") {
			t.Error(p)
		}
	}
}

// TestPairDoesNotDependOnTheOrderOfFiles also checks that every matched file ends up in an entry or in a problem.
func TestPairDoesNotDependOnTheOrderOfFiles(t *testing.T) {
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[xy]/(image|label|second|fov)[A-D]\.(png|ppm\.gz)`), 0, 16,
		rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		paths := names.Draw(t, "paths")
		slices.Sort(paths)
		entries, problems, alone := Pair(paths, letters)
		covered := map[string]bool{}
		for _, e := range entries {
			if e.Image == "" {
				t.Fatalf("entry without image: %+v", e)
			}
			for _, p := range e.Paths() {
				covered[p] = true
			}
		}
		for _, p := range slices.Concat(problems, alone) {
			covered[p.File] = true
		}
		for _, p := range paths {
			if !covered[p] {
				t.Errorf("%s vanished", p)
			}
		}
		shuffled := rapid.Permutation(paths).Draw(t, "shuffled")
		again, _, _ := Pair(shuffled, letters)
		if len(again) != len(entries) {
			t.Errorf("%d entries in one order, %d in another", len(entries), len(again))
		}
	})
}

package files

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// tree makes empty files below a folder.
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

func TestFindListsFilesAndLeavesOutWhatSystemsLeaveBehind(t *testing.T) {
	dir := tree(t, "b.png", "a/x.tif", "a/b/c/d/y.tif", ".DS_Store", "a/._x.tif", "__MACOSX/z.tif", "1/2/3/4/5/6/7/deep.tif")
	got, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a/b/c/d/y.tif", "a/x.tif", "b.png"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFindFollowsLinksButNotInCircles(t *testing.T) {
	elsewhere, dir := tree(t, "x.png"), tree(t, "y.png")
	if err := os.Symlink(elsewhere, filepath.Join(dir, "more")); err != nil {
		t.Skip(err)
	}
	got, err := Find(dir)
	if want := []string{"more/x.png", "y.png"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for name, to := range map[string]string{"up": dir, "self": filepath.Join(dir, "self"), "nowhere": filepath.Join(dir, "gone")} {
		link := filepath.Join(dir, name)
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), link) {
			t.Errorf("%s: error %v does not name the link", name, err)
		}
		os.Remove(link)
	}
}

func TestSearchReportsWhatIsBrokenAndFindsTheRest(t *testing.T) {
	dir := tree(t, "good.png", "notes.txt", "sub/good.tif", "folder.png/inside.png", "1/2/3/4/5/6/7/deep.tif", ".hidden.png")
	links := map[string]string{"itself.png": "itself.png", "nowhere.tif": "gone.tif", "up": ".", "link.gif": "good.png"}
	for name, to := range links {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	found, problems, err := Search(dir)
	if want := []string{"folder.png/inside.png", "good.png", "link.gif", "notes.txt", "sub/good.tif"}; err != nil || !slices.Equal(found, want) {
		t.Errorf("found %v, %v, want %v", found, err, want)
	}
	var texts []string
	for _, p := range problems {
		texts = append(texts, p.Error())
	}
	want := []string{
		"1/2/3/4/5/6: lies deeper than 5 folders, and is not looked into",
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
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

func TestFindNamesAnUnreadableFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := tree(t, "a/x.png")
	if err := os.Chmod(filepath.Join(dir, "a"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(dir, "a"), 0o777)
	if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "a")) {
		t.Errorf("error %v does not name the folder", err)
	}
}

func TestStemCutsEndingsInAnyCase(t *testing.T) {
	for path, want := range map[string]string{
		"a/im0001.ah.ppm.gz": "im0001.ah", "IM0001.PPM.GZ": "IM0001", "x/21_training.TIF": "21_training", "a.jpeg": "a", "b.tiff": "b",
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
	entries, problems := Pair([]string{
		"x/imageB.png", "imageA.ppm", "imageA.ppm.gz", "y/labelB.gif", "labelA.png", "fovB.gif", "labelC.png", "z/imageB.png", "readme.txt",
	}, letters)
	want := []Entry{
		{ID: "A", Subject: "A", Image: "imageA.ppm", Label: "labelA.png"},
		{ID: "B", Subject: "B", Image: "x/imageB.png", Label: "y/labelB.gif", FOV: "fovB.gif"},
	}
	if !slices.Equal(entries, want) {
		t.Errorf("got %+v, want %+v", entries, want)
	}
	if len(problems) != 2 || problems[0].File != "labelC.png" || problems[1].File != "z/imageB.png" {
		t.Errorf("problems %v", problems)
	}
}

// TestPairDoesNotDependOnTheOrderOfFiles also shows that every matched file ends in an entry or in a problem.
func TestPairDoesNotDependOnTheOrderOfFiles(t *testing.T) {
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[xy]/(image|label|second|fov)[A-D]\.(png|ppm\.gz)`), 0, 16, rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		paths := names.Draw(t, "paths")
		slices.Sort(paths)
		entries, problems := Pair(paths, letters)
		covered := map[string]bool{}
		for _, e := range entries {
			if e.Image == "" {
				t.Fatalf("entry without image: %+v", e)
			}
			for _, p := range e.Paths() {
				covered[p] = true
			}
		}
		for _, p := range problems {
			covered[p.File] = true
		}
		for _, p := range paths {
			if !covered[p] {
				t.Errorf("%s vanished", p)
			}
		}
		shuffled := rapid.Permutation(paths).Draw(t, "shuffled")
		again, _ := Pair(shuffled, letters)
		if len(again) != len(entries) {
			t.Errorf("%d entries in one order, %d in another", len(entries), len(again))
		}
	})
}

package datasets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listedCells opens six pairs of three patients with a list.
func listedCells(t *testing.T, list string) (*Dataset, error) {
	t.Helper()
	root, dir := drawPairs(t, 6)
	must(t, os.WriteFile(filepath.Join(dir, "split.csv"), []byte(list), 0o666))
	c := cells(t)
	c.Split = "split.csv"
	return Open(t.Context(), c, root, 1)
}

// TestAListOfAnotherShapeIsOneError: columns that would be passed over may be what keeps patients apart.
func TestAListOfAnotherShapeIsOneError(t *testing.T) {
	const known = "rename or take out what is not one of image, label, fov, part, patient"
	for list, want := range map[string]string{
		"image,part,patient_id\nimages/p0_0.jpg,train,7\nimages/p0_1.jpg,test,7\n": `split.csv: line 1: unknown column "patient_id" (did you mean patient?): ` + known,
		"image,part,Subject\nimages/p0_0.jpg,train,7\n":                            `unknown column "Subject" (did you mean patient?): ` + known,
		"image,part,mask\nimages/p0_0.jpg,train,masks/p0_1.png\n":                  `unknown column "mask" (did you mean label?): ` + known,
		"file,split,zz\nimages/p0_0.jpg,train,1\n":                                 `unknown columns "file" (did you mean image?), "split" (did you mean part?), "zz": ` + known,
		"image,labels,part\nimages/p0_0.jpg,masks/p0_0.png,train\n":                `unknown column "labels" (did you mean label?)`,
		",image,part\n0,images/p0_0.jpg,train\n":                                   "unknown column number 1, which has no name: " + known,
		"image,part,part\nimages/p0_0.jpg,train,7\nimages/p0_1.jpg,test,7\n":       "split.csv: line 1: the column part occurs twice: take one of them out",
		"image,patient\nimages/p0_0.jpg,1\n":                                       "line 1: there is no column part, but image, patient; the columns are image, label, fov, part, patient",
		"images/p0_0.jpg,train\nimages/p0_1.jpg,test\n":                            `line 1: is no head, as it holds "images/p0_0.jpg": begin with a line that names the columns`,
		"image,part\nimages/p0_0.jpg,train\nimages/p0_1.jpg\n":                     "split.csv: line 3: has 1 cell, but line 1 has 2 columns: write a cell for each column, empty ones too, with ',' between",
		"image;part\nimages/p0_0.jpg;train;7\n":                                    "split.csv: line 2: has 3 cells, but line 1 has 2 columns: write a cell for each column, empty ones too, with ';' between",
		"\n \n":                                                                    "split.csv: is empty",
		"image,part\n":                                                             "split.csv: lists no image",
		"image,part\n\"images/p0_0.jpg,train":                                      "split.csv: is no table: parse error on line 2",
	} {
		_, err := listedCells(t, list)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), " more;") {
			t.Errorf("%q: %v, want %q alone", list, err, want)
		}
	}
}

// TestListsAsProgramsWriteThem divide alike.
func TestListsAsProgramsWriteThem(t *testing.T) {
	want := Split{[]string{"p0_0", "p0_1"}, []string{"p1_0"}, []string{"p2_0"}}
	plain := "image,part\nimages/p0_0.jpg,train\nimages/p0_1.jpg,train\nimages/p1_0.jpg,val\nimages/p2_0.jpg,test\n"
	semicolons := strings.ReplaceAll(plain, ",", ";")
	for what, list := range map[string]string{
		"plain":                   plain,
		"of Windows":              strings.ReplaceAll(plain, "\n", "\r\n"),
		"of an old Mac":           strings.ReplaceAll(plain, "\n", "\r"),
		"of Excel":                "\ufeffsep=;\r\n" + strings.ReplaceAll(semicolons, "\n", "\r\n"),
		"with an empty column":    strings.ReplaceAll(plain, "\n", ",\n"),
		"with lines in the midst": strings.ReplaceAll(plain, "\n", "\n\n"),
	} {
		ds, err := listedCells(t, list)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if diff := cmp.Diff(want, first(t, ds).Split); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	_, err := listedCells(t, "sep=;\nimage;part\nimages/p0_0.jpg;tset\n")
	if err == nil || !strings.Contains(err.Error(), "split.csv: line 3: part \"tset\"") {
		t.Errorf("behind a line sep=;: %v", err)
	}
}

// TestABadLineIsTheOnlyFinding: its image is not said to be missing from the list, nor the list to be names of folders.
func TestABadLineIsTheOnlyFinding(t *testing.T) {
	root, dir := drawPairs(t, 6)
	c := cells(t)
	c.Split = "split.csv"
	d, err := c.Describe()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "split.csv"), []byte("image,part\nimages/p0_0.jpg,train\n"+
		"images/p0_1.jpg,tset\nimages/p1_0.jpg,test\n"), 0o666))
	found, err := d.Find(dir)
	must(t, err)
	if len(found.Problems) != 1 || len(found.Notes) != 0 {
		t.Errorf("problems %v, notes %q", found.Problems, found.Notes)
	}
	must(t, os.WriteFile(filepath.Join(dir, "split.csv"), []byte("image,part\nimages/p0_0.jpg,train\n"), 0o666))
	_, err = Open(t.Context(), c, root, 1)
	if err == nil || !strings.Contains(err.Error(), "(1 train, 0 validation, 0 test, as split.csv tells)") {
		t.Error(err)
	}
}

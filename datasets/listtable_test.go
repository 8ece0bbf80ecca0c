package datasets

import (
	"fmt"
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
	semicolons, tabs := strings.ReplaceAll(plain, ",", ";"), strings.ReplaceAll(plain, ",", "\t")
	labelled := "image\tlabel\tpart\nimages/p0_0.jpg\t\ttrain\nimages/p0_1.jpg\tmasks/p0_1.png\ttrain\n" +
		"images/p1_0.jpg\t\tval\nimages/p2_0.jpg\t\ttest\n"
	for what, list := range map[string]string{
		"plain":                   plain,
		"of Windows":              strings.ReplaceAll(plain, "\n", "\r\n"),
		"of an old Mac":           strings.ReplaceAll(plain, "\n", "\r"),
		"of Excel":                "\ufeffsep=;\r\n" + strings.ReplaceAll(semicolons, "\n", "\r\n"),
		"with an empty column":    strings.ReplaceAll(plain, "\n", ",\n"),
		"with lines in the midst": strings.ReplaceAll(plain, "\n", "\n\n"),
		"with tabs":               tabs,
		"with tabs, as it says":   "sep=\t\n" + tabs,
		"of Excel with tabs":      "\ufeffsep=\t\r\n" + strings.ReplaceAll(tabs, "\n", "\r\n"),
		"with spaces behind sep=": "sep=; \n" + semicolons,
		"with empty cells":        labelled,
		"with empty cells behind": strings.ReplaceAll(tabs, "\n", "\t\t\n"),
		"with spaces, as it says": "sep= \n" + strings.ReplaceAll(labelled, "\t", " "),
		"with spaces at cells":    strings.ReplaceAll(plain, ",", " , "),
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
	_, err = listedCells(t, "image\tpatient\tpart\nimages/p0_0.jpg\t\ttrain\nimages/p1_0.jpg\tb\ttest\n")
	if err == nil || !strings.Contains(err.Error(), "split.csv: line 2: the cell of the column patient is empty") {
		t.Errorf("with an empty cell between tabs: %v", err)
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

// TestAnEmptyCellOfThePatientIsOneError: such an image would be a patient of its own, on whatever side of the split.
func TestAnEmptyCellOfThePatientIsOneError(t *testing.T) {
	const (
		list = "image,part,patient\nimages/p0_0.jpg,train,%s\nimages/p0_1.jpg,test,%s\nimages/p1_0.jpg,val,%s\n"
		what = "the cell of the column patient is empty"
		do   = ": write the patient, a name of its own where a patient has one image only, or take the column out if " +
			"each image is of another patient"
	)
	for cells, want := range map[[3]string]string{
		{"a", "", "c"}:       "line 3: " + what + do,
		{"a", "\u00a0", "c"}: "line 3: " + what + do,
		{"a", "", " "}:       "line 3: " + what + ", as in 1 other line" + do,
		{"", "", ""}:         "line 2: " + what + ", as in 2 other lines" + do,
	} {
		_, err := listedCells(t, fmt.Sprintf(list, cells[0], cells[1], cells[2]))
		if err == nil || !strings.Contains(err.Error(), "split.csv: "+want) || strings.Contains(err.Error(), " more;") {
			t.Errorf("%q: %v, want %q alone", cells, err, want)
		}
	}
}

// TestThePatientsOfAListAreThoseOfItsCells and, where these are empty, of the regular expression.
func TestThePatientsOfAListAreThoseOfItsCells(t *testing.T) {
	for what, c := range map[string]struct{ pattern, cells, want string }{
		"filled":           {"", "a b c", "a b c"},
		"with gaps":        {`(p\d)_0`, "- b -", "p0 b p2"},
		"all empty":        {`(p\d)_0`, "- - -", "p0 p1 p2"},
		"cells come first": {`(p\d)_0`, "a b c", "a b c"},
	} {
		root, dir := drawPairs(t, 6)
		list := "image,part,patient\n"
		for i, patient := range strings.Fields(c.cells) {
			list += fmt.Sprintf("images/p%d_0.jpg,%s,%s\n", i, []string{"train", "val", "test"}[i],
				strings.Trim(patient, "-"))
		}
		must(t, os.WriteFile(filepath.Join(dir, "split.csv"), []byte(list), 0o666))
		config := cells(t)
		config.Split, config.Patient = "split.csv", c.pattern
		ds, err := Open(t.Context(), config, root, 1)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		var got []string
		for _, e := range ds.copy.Entries {
			got = append(got, e.Subject)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: patients %q, want %s", what, got, c.want)
		}
	}
}

package datasets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTablesBesideThePicturesAreNamed, since they may tell parts and patients that an inspection does not.
func TestTablesBesideThePicturesAreNamed(t *testing.T) {
	const (
		list   = "image,part\nimages/p0_0.jpg,train\nimages/p1_0.jpg,val\nimages/p2_0.jpg,test\n"
		people = "patient_id,age\n7,60\n"
	)
	for want, tables := range map[string]map[string]string{
		"": {"below/split.csv": list, "readme.txt": list},
		"patients.csv is a table that is not used": {"patients.csv": people},
		`split.csv is a table that is not used; split = "split.csv" would divide the images as it says`: {
			"split.csv": list,
		},
		`Split.CSV is a table that is not used; split = "Split.CSV" would divide the images as it says`: {
			"Split.CSV": "\ufeffsep=\t\r\n" + strings.ReplaceAll(list, ",", "\t") +
				strings.Repeat("images/x.jpg\ttest\n", 9000),
		},
		`2 tables are not used: z.csv, a.csv; split = "z.csv" would divide the images as it says`: {
			"a.csv": people, "z.csv": "Part;Image;patient\n",
		},
		"3 tables are not used: a.csv, b.csv, c.csv": {"a.csv": "image,part,age\n", "b.csv": "", "c.csv": "\x00\"\n"},
		`5 tables are not used: y.csv, z.csv, a.csv and 2 more; split = "y.csv" or split = "z.csv" would divide`: {
			"a.csv": people, "b.csv": people, "c.csv": people, "y.csv": list, "z.csv": list,
		},
	} {
		root, dir := drawPairs(t, 6)
		for name, text := range tables {
			must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
			must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
		}
		in, err := Inspect(t.Context(), dir)
		must(t, err)
		notes := strings.Join(in.Notes, "\n")
		if !strings.HasPrefix(notes, want) || want == "" && notes != "" || in.Pairs != 6 {
			t.Errorf("%d pairs, notes %q, want %q", in.Pairs, notes, want)
		}
		if _, there := tables["split.csv"]; !there {
			continue
		}
		c := in.Table
		c.Split, c.Cache = "split.csv", t.TempDir()
		ds, err := Open(t.Context(), c, root, 1)
		must(t, err)
		if s := first(t, ds).Split; len(s.Train) != 1 || len(s.Test) != 1 || s.Test[0] != "p2_0" {
			t.Errorf("the list that is named divides into %v", s)
		}
	}
}

package datasets

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"r2unet/datasets/files"
)

// TestHintsOfPatientsFitTheNames: an expression is shown where it matches each path and joins images.
func TestHintsOfPatientsFitTheNames(t *testing.T) {
	var numbered, letters, eyes, scans []string
	for i := range 12 {
		numbered = append(numbered, fmt.Sprintf("images/cells-%02d.png", i+1))
		letters = append(letters, fmt.Sprintf("images/%c.png", 'a'+i))
		eyes = append(eyes, fmt.Sprintf("Image_%02dL.jpg", i+1), fmt.Sprintf("Image_%02dR.jpg", i+1))
		scans = append(scans, fmt.Sprintf("2d_images/ID_%04d_Z_%04d.tif", i/3, 60+i))
	}
	for _, c := range []struct {
		images   []string
		key      string // "" = none
		patients int
	}{
		{numbered, "", 0},
		{letters, "", 0},
		{eyes, `patient = '^Image_(\d+)'`, 12},
		{scans, `patient = '^2d_images/ID_(\d+)'`, 4},
		{strings.Fields("p1_scan1.png p1_scan2.png p2_scan2.png p3_scan1.png"), `patient = '^(p\d+)'`, 3},
		{strings.Fields("p1_scan1.png p1_scan2.png p2_scan1.png p2_scan2.png"), "", 0}, // two patients do not do
		{strings.Fields("x/p11_1.png x/p12_1.png x/p12_2.png x/p13_1.png"), `patient = '^x/(p\d+)'`, 3},
		{strings.Fields("i/anna_1.png i/ada_1.png i/ada_2.png i/bert_1.png"), `patient = "^i/([^/_]+)_"`, 3},
		{strings.Fields("s-ann-1.png s-ada-1.png s-ada-2.png s-bert-1.png"), `patient = "^s-([^/-]+)-"`, 3},
		{strings.Fields("a.b.png c.d.png c.e.png f.g.png"), `patient = '^([^/\.]+)\.'`, 3},
		{strings.Fields("a/p1_1.png b/p1_2.png a/p2_1.png b/p3_1.png"), `patient = '(?:^|/)(p\d+)[^/]*$'`, 3},
		{strings.Fields("a/1.png b/1.png a/2.png b/2.png a/3.png b/3.png"), "", 0}, // slices of a and b
		{strings.Fields("(a)+/é1_1.png (a)+/é1_2.png (a)+/é2_1.png (a)+/é3_1.png"), `patient = '^\(a\)\+/(é\d+)'`, 3},
		{
			[]string{"My Images/p 1 a.png", "My Images/p 1 b.png", "My Images/p 2.png", "My Images/p 3.png"},
			`patient = '^My\sImages/p\s(\d+)'`, 3,
		},
		{strings.Fields("ä_1.png ä_2.png à_1.png è_1.png"), `patient = "^([^/_]+)_"`, 3}, // half a letter in common
		{nil, "", 0},
	} {
		in := &Inspection{}
		for _, image := range c.images {
			in.Entries = append(in.Entries, files.Entry{Image: image})
		}
		key, patients := in.PatientHint()
		if key != c.key || patients != c.patients {
			t.Errorf("%q: %s finds %d, want %s and %d", c.images, key, patients, c.key, c.patients)
		}
	}
}

// TestTheHintOfPatientsIsReadAsItIsWritten: a matrix with it keeps as many patients apart as it says.
func TestTheHintOfPatientsIsReadAsItIsWritten(t *testing.T) {
	dir := t.TempDir()
	for i := range 8 {
		name := fmt.Sprintf("p%d_%d", i/2, i%2)
		drawFile(t, filepath.Join(dir, "My images", name+".jpg"), 40, 32, i, false)
		drawFile(t, filepath.Join(dir, "masks", name+".png"), 40, 32, i, true)
	}
	in, err := Inspect(t.Context(), dir)
	must(t, err)
	key, n := in.PatientHint()
	c := in.Table
	_, err = toml.Decode(key, &c)
	must(t, err)
	c.Folder, c.Cache = ".", t.TempDir()
	ds, err := Open(t.Context(), c, dir, 1)
	must(t, err)
	patients := map[string]bool{}
	for _, e := range ds.copy.Entries {
		patients[e.Subject] = true
	}
	if n != 4 || len(patients) != n {
		t.Errorf("%s finds %d patients, and opened %d", key, n, len(patients))
	}
}

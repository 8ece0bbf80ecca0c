package segment

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// dicomSlice is a DICOM file in explicit little endian of a grey picture, with Pixel Spacing where it is not "".
func dicomSlice(width, height uint16, spacing string) []byte {
	le := binary.LittleEndian
	file := append(make([]byte, 128), "DICM"...)
	put := func(group, element uint16, kind, value string) {
		if len(value)%2 == 1 {
			value += " "
		}
		file = append(le.AppendUint16(le.AppendUint16(file, group), element), kind...)
		if kind == "OW" {
			file = le.AppendUint32(append(file, 0, 0), uint32(len(value)))
		} else {
			file = le.AppendUint16(file, uint16(len(value)))
		}
		file = append(file, value...)
	}
	number := func(element, v uint16) { put(0x28, element, "US", string(le.AppendUint16(nil, v))) }
	put(2, 0x10, "UI", "1.2.840.10008.1.2.1\x00")
	put(8, 0x60, "CS", "CT")
	number(2, 1)
	put(0x28, 4, "CS", "MONOCHROME2")
	number(0x10, height)
	number(0x11, width)
	if spacing != "" {
		put(0x28, 0x30, "DS", spacing)
	}
	for element, v := range []uint16{16, 12, 11, 0} {
		number(uint16(0x100+element), v)
	}
	put(0x28, 0x1052, "DS", "-1024")
	put(0x28, 0x1053, "DS", "1")
	var pixels []byte
	for i := range int(width) * int(height) {
		pixels = le.AppendUint16(pixels, uint16(97*i%4096))
	}
	put(0x7fe0, 0x10, "OW", string(pixels))
	return file
}

// areaRows segments and returns the table of areas, by image.
func areaRows(t *testing.T, o Options) map[string]map[string]string {
	t.Helper()
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(o.Out, AreasFile))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]map[string]string{}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, value := range line {
			row[lines[0][i]] = value
		}
		rows[row["image"]] = row
	}
	return rows
}

// TestAreasAreInTheMillimetresOfTheFile: of rows and columns apart, of a file that says them, or of -spacing; otherwise
// there are none. What was segmented before has the same areas.
func TestAreasAreInTheMillimetresOfTheFile(t *testing.T) {
	images := t.TempDir()
	put(t, dicomSlice(8, 6, `0.5\0.25`), images, "apart.dcm")
	put(t, dicomSlice(8, 6, ""), images, "unsaid.dcm")
	put(t, picture(t, 8, 6), images, "plain.png")
	for spacing, want := range map[float64]map[string]float64{ // mm² of a pixel
		0: {"apart.dcm": 0.125, "unsaid.dcm": 0, "plain.png": 0},
		2: {"apart.dcm": 4, "unsaid.dcm": 4, "plain.png": 4},
	} {
		o := Options{
			Settings: Settings{Threshold: 1e-6}, Checkpoints: []string{network(t, ct)}, Images: []string{images},
			Out: filepath.Join(t.TempDir(), "out"), Areas: true, Spacing: spacing, Device: "ref", Stdout: t.Output(),
		}
		for _, again := range []bool{false, true} { // the second time from the masks that are there
			rows := areaRows(t, o)
			for name, mm2 := range want {
				pixels, err := strconv.Atoi(rows[name]["pixels"])
				if err != nil || pixels == 0 {
					t.Fatalf("%s: %q pixels, %v", name, rows[name]["pixels"], err)
				}
				text := ""
				if mm2 > 0 {
					text = number(float64(pixels) * mm2)
				}
				if got := rows[name]["area_mm2"]; got != text {
					t.Errorf("-spacing %g, again %t: %s has %d pixels and %q mm², want %q", spacing, again, name,
						pixels, got, text)
				}
			}
		}
	}
}

// TestForeignTableOfAreasStays: a file of that name which segment has not written is not replaced, and nothing is
// computed before it is moved away; a table of its own is.
func TestForeignTableOfAreasStays(t *testing.T) {
	images, out := t.TempDir(), t.TempDir()
	put(t, picture(t, 8, 6), images, "a.png")
	o := Options{
		Settings: Settings{Threshold: 1e-6}, Checkpoints: []string{network(t, plain)}, Images: []string{images},
		Out: out, Areas: true, Device: "ref", Stdout: &bytes.Buffer{},
	}
	const mine = "patient,area\nsomebody,3\n"
	put(t, []byte(mine), out, AreasFile)
	err := Run(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "which segment has not written; move it away") {
		t.Errorf("error %v", err)
	}
	if content, _ := os.ReadFile(filepath.Join(out, AreasFile)); string(content) != mine {
		t.Errorf("the table is now\n%s", content)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 1 {
		t.Errorf("%d files in the folder, %v", len(entries), err)
	}
	o.Areas = false // then the name is free
	if err := Run(t.Context(), o); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(out, AreasFile)); err != nil {
		t.Fatal(err)
	}
	o.Areas = true
	for range 2 {
		if rows := areaRows(t, o); len(rows) != 1 || rows["a.png"]["pixels"] == "" {
			t.Errorf("rows %v", rows)
		}
	}
}

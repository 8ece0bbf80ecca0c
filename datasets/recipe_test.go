package datasets

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets/raster"
)

// TestPictureTooNarrowToBeResizedIsRefused before it takes memory: 8 kB of PNG would take 137 GB.
func TestPictureTooNarrowToBeResizedIsRefused(t *testing.T) {
	r := Recipe{Input: "grey", Size: Square(512), Normalization: identity(1)}
	for _, size := range [][2]int{{1 << 22, 1}, {1, 1 << 22}} {
		if _, err := r.Prepare(raster.New(size[0], size[1], 1, raster.Uint8)); err == nil ||
			!strings.Contains(err.Error(), "too narrow to be resized to the 512×512 px") {
			t.Errorf("%d×%d px: error %v", size[0], size[1], err)
		}
	}
	if _, err := r.Prepare(raster.New(2000, 1, 1, raster.Uint8)); err != nil {
		t.Errorf("a short line: %v", err)
	}
}

func TestImpossibleRecipeIsNamed(t *testing.T) {
	good := Recipe{Input: "grey", CT: true, Window: lungWindow, Normalization: identity(1)}
	path := filepath.Join(t.TempDir(), "x.pgm")
	if err := os.WriteFile(path, []byte("P5 2 2 255\n1234"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := good.Read(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Recipe){
		`input = "blue"`:                func(r *Recipe) { r.Input = "blue" },
		"window = [3, 3]":               func(r *Recipe) { r.Window, r.CLAHE = [2]float64{3, 3}, 2 }, // which would make NaN of every pixel
		"window = [-1e+308, 1e+308]":    func(r *Recipe) { r.Window = [2]float64{-1e308, 1e308} },
		"size = -1":                     func(r *Recipe) { r.Size = Square(-1) },
		"size = 8193":                   func(r *Recipe) { r.Size = Square(maxSize + 1) },
		"gamma = 0.01":                  func(r *Recipe) { r.Gamma = 0.01 },
		"clahe = 41":                    func(r *Recipe) { r.CLAHE = 41 },
		"0 means and 0 deviations":      func(r *Recipe) { r.Normalization = Normalization{} },
		"3 means and 3 deviations":      func(r *Recipe) { r.Normalization = identity(3) },
		"1 means and 0 deviations":      func(r *Recipe) { r.Normalization = Normalization{Mean: []float64{0}} },
		"mean 0 and deviation 0":        func(r *Recipe) { r.Normalization = Normalization{[]float64{0}, []float64{0}} },
		"mean NaN and deviation 1":      func(r *Recipe) { r.Normalization.Mean = []float64{math.NaN()} },
		`input = "rgb" needs 3 of each`: func(r *Recipe) { r.CT, r.Input = false, "rgb" },
	} {
		r := good
		r.Normalization = identity(1)
		change(&r)
		_, err := r.Read(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one with %q that names the file", err, want)
		}
	}
}

package phantom

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

// phantoms are the functions that draw the five datasets.
var phantoms = map[string]func(context.Context, string, Options) error{
	"DRIVE": DRIVE, "STARE": STARE, "CHASE_DB1": CHASE, "ISIC2017": ISIC, "Lung": Lung,
}

// contents returns all files below a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func drawn(t *testing.T, name string, o Options) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := phantoms[name](context.Background(), dir, o); err != nil {
		t.Fatal(err)
	}
	return contents(t, dir)
}

func TestTheSameSeedWritesTheSameFiles(t *testing.T) {
	for _, name := range []string{"STARE", "ISIC2017", "Lung"} {
		options := Options{Seed: 1, Images: 2, Shrink: 3}
		a, b := drawn(t, name, options), drawn(t, name, options)
		other := drawn(t, name, Options{Seed: 2, Images: 2, Shrink: 3})
		for path, data := range a {
			if b[path] != data {
				t.Errorf("%s: %s differs", name, path)
			}
			if other[path] == data && !strings.Contains(path, "superpixels") {
				t.Errorf("%s: %s is the same for another seed", name, path)
			}
		}
	}
}

func TestTheOfficialLayoutIsWritten(t *testing.T) {
	for name, want := range map[string][]string{
		"DRIVE": {
			"training/images/21_training.tif", "training/1st_manual/21_manual1.gif", "training/mask/21_training_mask.gif",
			"test/images/01_test.tif", "test/1st_manual/01_manual1.gif", "test/2nd_manual/01_manual2.gif",
			"test/mask/01_test_mask.gif",
		},
		"STARE":     {"stare-images/im0001.ppm.gz", "labels-ah/im0001.ah.ppm.gz", "labels-vk/im0002.vk.ppm.gz"},
		"CHASE_DB1": {"Image_01L.jpg", "Image_01L_1stHO.png", "Image_01R_2ndHO.png"},
		"ISIC2017": {
			"ISIC-2017_Training_Data/ISIC_0000000.jpg", "ISIC-2017_Training_Data/ISIC_0000000_superpixels.png",
			"ISIC-2017_Training_Part1_GroundTruth/ISIC_0000000_segmentation.png",
		},
		"Lung": {"2d_images/ID_0000_Z_0060.tif", "2d_masks/ID_0000_Z_0060.tif"},
	} {
		got := drawn(t, name, Options{Seed: 1, Images: 2, Shrink: 3})
		for _, path := range want {
			if got[path] == "" {
				t.Errorf("%s: %s is missing", name, path)
			}
		}
	}
}

// TestFilesHaveTheOfficialSampleTypes decodes one image and one label of each dataset.
func TestFilesHaveTheOfficialSampleTypes(t *testing.T) {
	for _, c := range []struct {
		name, image, label string
		channels           int
		sample             raster.Type
	}{
		{"DRIVE", "training/images/21_training.tif", "training/1st_manual/21_manual1.gif", 3, raster.Uint8},
		{"STARE", "stare-images/im0001.ppm.gz", "labels-ah/im0001.ah.ppm.gz", 3, raster.Uint8},
		{"Lung", "2d_images/ID_0000_Z_0060.tif", "2d_masks/ID_0000_Z_0060.tif", 1, raster.Int16},
	} {
		all := drawn(t, c.name, Options{Seed: 3, Images: 2, Shrink: 2})
		m, err := files.Decode(t.Context(), []byte(all[c.image]))
		if err != nil || m.Channels != c.channels || m.Type != c.sample {
			t.Errorf("%s: %v, %v", c.image, m, err)
			continue
		}
		label, err := files.Decode(t.Context(), []byte(all[c.label]))
		if err != nil {
			t.Fatal(err)
		}
		mask, err := label.Binary()
		if err != nil || label.Width != m.Width || label.Height != m.Height {
			t.Errorf("%s: %d×%d, %v", c.label, label.Width, label.Height, err)
		}
		ones := 0
		for _, v := range mask {
			ones += int(v)
		}
		if share := float64(ones) / float64(len(mask)); share < 0.02 || share > 0.5 {
			t.Errorf("%s: %.3f of the pixels are labelled", c.label, share)
		}
	}
}

// TestVesselsAreDarkerThanTheirSurroundings: there is something to learn, and it is not easy, because a threshold on
// green alone does not find the vessels.
func TestVesselsAreDarkerThanTheirSurroundings(t *testing.T) {
	f := driveCamera.drawFundus(rand.New(rand.NewPCG(9, 9)))
	var sum, n [2]float64
	for i, v := range f.truth {
		if f.fov[i] == 1 {
			sum[v] += float64(f.image.Data[3*i+1])
			n[v]++
		}
	}
	background, vessel := sum[0]/n[0], sum[1]/n[1]
	if vessel > 0.95*background {
		t.Errorf("vessels have green %.1f on average, the background %.1f", vessel, background)
	}
	wrong := 0.0
	for i, v := range f.truth {
		if f.fov[i] == 1 && (float64(f.image.Data[3*i+1]) < (vessel+background)/2) != (v == 1) {
			wrong++
		}
	}
	if share := wrong / (n[0] + n[1]); share < 0.05 {
		t.Errorf("a threshold is wrong in %.3f of the pixels only", share)
	}
}

func TestTheSecondObserverMissesFineVessels(t *testing.T) {
	f := stareCamera.drawFundus(rand.New(rand.NewPCG(4, 4)))
	missed := 0
	for i := range f.truth {
		if f.second[i] > f.truth[i] {
			t.Fatal("the second observer sees what is not there")
		}
		missed += int(f.truth[i] - f.second[i])
	}
	if missed == 0 {
		t.Error("both observers agree everywhere")
	}
}

func TestDrawingStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Lung(ctx, t.TempDir(), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

package datasets

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"r2unet/datasets/augment"
)

// fill gives one sample of a source.
func fill(t testing.TB, src Source, epoch, index int) (image, target []float32) {
	t.Helper()
	c, h, w := src.Shape()
	image, target = make([]float32, c*h*w), make([]float32, h*w)
	if err := src.Fill(context.Background(), epoch, index, image, target); err != nil {
		t.Fatal(err)
	}
	return image, target
}

func trainSource(t testing.TB, ds *Dataset) Source {
	t.Helper()
	src := first(t, ds).TrainSource()
	return src
}

// everything is an augmentation that draws many random numbers.
var everything = augment.Config{
	Flip: true, RightAngles: true, Rotate: 20, Scale: 0.2, Elastic: 2, Brightness: 0.1, Contrast: 0.1, Noise: 0.01,
	Translate: 0.1, ResizedCrop: [2]float64{0.5, 1}, BrightnessFactor: 0.2, ContrastFactor: 0.2, Gamma: 0.2,
	Blur: 1, LowResolution: 1, Cutout: 0.2, CutMix: 0.5,
	Probabilities: augment.Probabilities{RotateP: 0.5, BlurP: 0.5},
}

func TestASampleIsAFunctionOfSeedEpochAndIndex(t *testing.T) {
	for name, c := range phantomConfigs {
		c.Augment = everything
		a, b := trainSource(t, smallPhantom(t, c)), trainSource(t, smallPhantom(t, c))
		fill(t, b, 3, 2) // what was asked for before does not matter
		x, xt := fill(t, a, 1, 1)
		y, yt := fill(t, b, 1, 1)
		if !slices.Equal(x, y) || !slices.Equal(xt, yt) {
			t.Errorf("%s: the same sample differs", name)
		}
		if z, _ := fill(t, a, 2, 1); slices.Equal(x, z) {
			t.Errorf("%s: the next epoch has the same sample", name)
		}
		c.Cache = phantomCache
		other, err := Open(t.Context(), c, "", 2)
		if err != nil {
			t.Fatal(err)
		}
		if z, _ := fill(t, trainSource(t, other), 1, 1); slices.Equal(x, z) {
			t.Errorf("%s: another seed has the same sample", name)
		}
	}
}

// TestAugmentedIsTheSourceOfAnotherAugmentation: as if the dataset had been opened with it.
func TestAugmentedIsTheSourceOfAnotherAugmentation(t *testing.T) {
	for _, name := range []string{"DRIVE", "ISIC2017"} {
		c := phantomConfigs[name]
		plain := first(t, smallPhantom(t, c))
		c.Augment = everything
		want, wantTarget := fill(t, trainSource(t, smallPhantom(t, c)), 1, 1)
		got, target := fill(t, plain.Augmented(everything), 1, 1)
		if !slices.Equal(got, want) || !slices.Equal(target, wantTarget) {
			t.Errorf("%s: the sample is another", name)
		}
		if unchanged, _ := fill(t, plain.TrainSource(), 1, 1); slices.Equal(unchanged, want) {
			t.Errorf("%s: the fold's own source is augmented, too", name)
		}
	}
}

func TestValidationSamplesStayAndAreNotAugmented(t *testing.T) {
	for _, name := range []string{"DRIVE", "ISIC2017"} {
		c := phantomConfigs[name]
		plain := first(t, smallPhantom(t, c)).ValidationSource()
		c.Augment = everything
		augmented := first(t, smallPhantom(t, c)).ValidationSource()
		a, _ := fill(t, plain, 0, 0)
		b, _ := fill(t, augmented, 9, 0)
		if !slices.Equal(a, b) {
			t.Errorf("%s: the sample changes with the epoch or the augmentation", name)
		}
	}
}

func TestDrawOnceGivesOneSetOfPatchesInNewOrders(t *testing.T) {
	c := phantomConfigs["STARE"]
	c.Draw = "once"
	src := trainSource(t, smallPhantom(t, c))
	epochs := make([][]string, 2)
	for epoch := range epochs {
		for i := range src.Len() {
			image, _ := fill(t, src, epoch, i)
			epochs[epoch] = append(epochs[epoch], string(bytesOf(image[:40])))
		}
	}
	if slices.Equal(epochs[0], epochs[1]) {
		t.Error("two epochs have the same order")
	}
	slices.Sort(epochs[0])
	slices.Sort(epochs[1])
	if !slices.Equal(epochs[0], epochs[1]) {
		t.Error("two epochs have different patches")
	}
}

func bytesOf(v []float32) []byte {
	var out []byte
	for _, f := range v {
		b := math.Float32bits(f)
		out = append(out, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
	}
	return out
}

func TestEveryImageComesOnceAnEpoch(t *testing.T) {
	src := trainSource(t, smallPhantom(t, phantomConfigs["Lung"]))
	seen := map[string]bool{}
	for i := range src.Len() {
		image, _ := fill(t, src, 4, i)
		seen[string(bytesOf(image))] = true
	}
	if len(seen) != src.Len() {
		t.Errorf("%d different images in %d samples", len(seen), src.Len())
	}
}

func TestSamplingPutsCentresWhereItShould(t *testing.T) {
	c := phantomConfigs["DRIVE"]
	c.PhantomImages, c.PhantomShrink = 2, 0
	c.Patches = 1500
	for _, want := range []struct {
		sampling       string
		vessel, inside float64 // shares of the centres
		slack          float64
	}{
		{"uniform", -1, 0.81, 0.04}, // a centre is at least 24 px inside of the image, of which the field covers more
		{"fov", -1, 1, 0},
		{"balanced", 0.5, 1, 0.05},
	} {
		c.Sampling = want.sampling
		ds := smallPhantom(t, c)
		fold, _ := ds.Fold(0)
		vessel, inside, n := 0, 0, 0
		for _, id := range fold.Train {
			s, err := ds.Load(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			places, err := first(t, ds).PatchCentres(t.Context(), 0, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range places {
				at := p[1]*s.Width + p[0]
				vessel += int(s.Truth[at])
				inside += int(s.FOV[at])
				n++
			}
		}
		if n != c.Patches {
			t.Fatalf("%d centres for %d patches", n, c.Patches)
		}
		if got := float64(inside) / float64(n); math.Abs(got-want.inside) > want.slack {
			t.Errorf("%s: %.3f inside of the field, want %.2f", want.sampling, got, want.inside)
		}
		if got := float64(vessel) / float64(n); want.vessel >= 0 && math.Abs(got-want.vessel) > want.slack {
			t.Errorf("%s: %.3f on vessels, want %.2f", want.sampling, got, want.vessel)
		}
	}
}

func TestPatchesAreCutFromTheLoadedImage(t *testing.T) {
	c := phantomConfigs["DRIVE"]
	c.Input = "rgb"
	ds := smallPhantom(t, c)
	src := trainSource(t, ds).(*patches)
	for i := range 5 {
		id, x, y, err := src.place(t.Context(), stream(ds.seed, src.name, 0, i))
		if err != nil {
			t.Fatal(err)
		}
		image, target := fill(t, src, 0, i)
		s, err := first(t, ds).Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for v := range 48 {
			for u := range 48 {
				at := (y+v)*s.Width + x + u
				if target[v*48+u] != float32(s.Truth[at]) {
					t.Fatal("the target is not the truth of the image")
				}
				for ch := range 3 {
					if image[(ch*48+v)*48+u] != s.Image[ch*s.Width*s.Height+at] {
						t.Fatal("the patch is not the image's")
					}
				}
			}
		}
	}
}

// TestLossRegionLeavesOutWhatLiesBeyondTheField compares samples with and without it: targets differ outside of the
// field of view, where they are −1, and nowhere else; samples of training are augmented.
func TestLossRegionLeavesOutWhatLiesBeyondTheField(t *testing.T) {
	c := phantomConfigs["DRIVE"]
	c.Augment.Rotate, c.Augment.Flip = 30, true
	whole := c
	whole.Patch, whole.Patches, whole.ValidationPatches, whole.Augment.Rotate = 0, 0, 0, 0
	for name, c := range map[string]Config{"patches": c, "whole images": whole} {
		everywhere := smallPhantom(t, c)
		c.LossRegion = "fov"
		inField := smallPhantom(t, c)
		for _, source := range []func(*Fold) Source{(*Fold).TrainSource, (*Fold).ValidationSource} {
			ignored, counted := 0, 0
			full, part := source(first(t, everywhere)), source(first(t, inField))
			for i := range min(full.Len(), 20) {
				wantImage, want := fill(t, full, 0, i)
				image, target := fill(t, part, 0, i)
				if !slices.Equal(image, wantImage) {
					t.Errorf("%s: the picture of sample %d changes", name, i)
				}
				for j, v := range target {
					switch v {
					case want[j]:
						counted++
					case -1:
						ignored++
					default:
						t.Fatalf("%s: target %g, without the loss region %g", name, v, want[j])
					}
				}
			}
			if share := float64(ignored) / float64(ignored+counted); full.Len() > 0 && (share < 0.05 || share > 0.6) {
				t.Errorf("%s: %.2f of the pixels are ignored", name, share)
			}
		}
	}
}

func TestNormalizationUsesTheFoldsTrainingImagesOnly(t *testing.T) {
	c := phantomConfigs["STARE"]
	raw := c
	raw.Normalize = "none"
	ds, plain := smallPhantom(t, c), smallPhantom(t, raw)
	for number := range ds.Folds() {
		fold, _ := ds.Fold(number)
		sum, squares, n := 0.0, 0.0, 0.0
		for _, id := range fold.Train {
			s, err := plain.Load(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range s.Image {
				sum += float64(v)
				squares += float64(v) * float64(v)
				n++
			}
		}
		mean := sum / n
		deviation := math.Sqrt(squares/n - mean*mean)
		got, err := fold.Normalization(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Mean[0]-mean) > 1e-5 || math.Abs(got.Deviation[0]-deviation) > 1e-5 {
			t.Errorf("fold %d: %+v, want %g and %g", number, got, mean, deviation)
		}
		s, err := ds.Load(t.Context(), fold.Test[0])
		if err != nil {
			t.Fatal(err)
		}
		r, err := plain.Load(t.Context(), fold.Test[0])
		if err != nil {
			t.Fatal(err)
		}
		if want := (float64(r.Image[1000]) - mean) / deviation; math.Abs(float64(s.Image[1000])-want) > 1e-4 {
			t.Errorf("fold %d: a test image is normalized to %g, want %g", number, s.Image[1000], want)
		}
	}
}

func TestNormalizationByImageGivesEachZeroMean(t *testing.T) {
	c := phantomConfigs["ISIC2017"]
	c.Normalize = "image"
	ds := smallPhantom(t, c)
	fold, _ := ds.Fold(0)
	s, err := ds.Load(t.Context(), fold.Test[0])
	if err != nil {
		t.Fatal(err)
	}
	n := s.Width * s.Height
	for ch := range 3 {
		sum, squares := 0.0, 0.0
		for _, v := range s.Image[ch*n : (ch+1)*n] {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		if mean, variance := sum/float64(n), squares/float64(n); math.Abs(mean) > 1e-4 || math.Abs(variance-1) > 1e-3 {
			t.Errorf("channel %d: mean %g, variance %g", ch, mean, variance)
		}
	}
}

func TestTheRecipeSeesAFileAsTrainingDid(t *testing.T) {
	for _, name := range []string{"CHASE_DB1", "Lung", "ISIC2017"} {
		c := phantomConfigs[name]
		c.CLAHE, c.Gamma = 2, 1.2
		ds := smallPhantom(t, c)
		fold := first(t, ds)
		r, err := fold.Recipe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want, err := fold.Load(t.Context(), fold.Test[0])
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Read(t.Context(), ds.path(ds.images[fold.Test[0]].Image))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Image, want.Image) || got.FOVSource != want.FOVSource || !slices.Equal(got.FOV, want.FOV) {
			t.Errorf("%s: the recipe gives another image", name)
		}
	}
}

// TestWholeImagesOfManySizesArePadded: to their batch's size, by reflection, and what is padded does not count.
func TestWholeImagesOfManySizesArePadded(t *testing.T) {
	ds := smallPhantom(t, Config{Name: "ISIC2017", PhantomImages: 12, PhantomShrink: 3})
	src := first(t, ds).TrainSource()
	for _, o := range []StreamOptions{
		{Batch: 1, Multiple: 8, Epoch: 2, Workers: 1}, {Batch: 3, Multiple: 4, Workers: 2}, {Batch: 2, Workers: 3},
	} {
		s := Stream(t.Context(), src, o)
		sizes := map[[2]int]bool{}
		for {
			b, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			sizes[[2]int{b.H, b.W}] = true
			largest := [2]int{}
			for k := range b.N {
				h, w := src.Size(o.Epoch, b.Index*o.Batch+k)
				largest = [2]int{max(largest[0], h), max(largest[1], w)}
				checkPadded(t, src, b, k, b.Index*o.Batch+k)
			}
			if want := [2]int{
				roundUp(largest[0], o.Multiple), roundUp(largest[1], o.Multiple),
			}; want != [2]int{b.H, b.W} {
				t.Errorf("batch of %d×%d px, expected %v", b.H, b.W, want)
			}
			s.Recycle(b)
		}
		s.Close()
		if o.Batch == 1 && len(sizes) < 2 {
			t.Errorf("batches have the sizes %v only", sizes)
		}
	}
}

// checkPadded holds sample k of a batch against the source's own.
func checkPadded(t *testing.T, src Source, b *Batch, k, index int) {
	t.Helper()
	h, w := src.Size(b.Epoch, index)
	image, target := make([]float32, b.C*h*w), make([]float32, h*w)
	if err := src.Fill(t.Context(), b.Epoch, index, image, target); err != nil {
		t.Fatal(err)
	}
	top, left, area := (b.H-h)/2, (b.W-w)/2, b.H*b.W
	reflected := func(i, n int) int {
		for i < 0 || i >= n {
			i = max(-i, i)
			if i >= n {
				i = 2*(n-1) - i
			}
		}
		return i
	}
	for y := range b.H {
		for x := range b.W {
			at := reflected(y-top, h)*w + reflected(x-left, w)
			want := float32(Ignored)
			if y >= top && y < top+h && x >= left && x < left+w {
				want = target[at]
			}
			if got := b.Targets[k*area+y*b.W+x]; got != want {
				t.Fatalf("sample %d, column %d, row %d: target %g, expected %g", index, x, y, got, want)
			}
			for c := range b.C {
				if got := b.Images[(k*b.C+c)*area+y*b.W+x]; got != image[c*h*w+at] {
					t.Fatalf("sample %d, column %d, row %d: %g, expected %g", index, x, y, got, image[c*h*w+at])
				}
			}
		}
	}
}

func TestSquareCropGivesSquares(t *testing.T) {
	c := phantomConfigs["DRIVE"]
	c.PhantomImages, c.PhantomShrink = 2, 0
	whole := smallPhantom(t, c)
	c.Crop = "square"
	ds := smallPhantom(t, c)
	fold, _ := ds.Fold(0)
	s, err := ds.Load(t.Context(), fold.Test[0])
	if err != nil {
		t.Fatal(err)
	}
	w, err := whole.Load(t.Context(), fold.Test[0])
	if err != nil {
		t.Fatal(err)
	}
	if s.Width != 565 || s.Height != 565 || s.FOVSource != "file" {
		t.Errorf("%d×%d, field of view %q", s.Width, s.Height, s.FOVSource)
	}
	if !slices.Equal(s.Truth, w.Truth[8*565:573*565]) || !slices.Equal(s.FOV, w.FOV[8*565:573*565]) {
		t.Error("other rows than 9–573 were kept")
	}
}

func TestFactsTellWhatARunNeedsToRecord(t *testing.T) {
	ds := smallPhantom(t, phantomConfigs["DRIVE"])
	f := ds.Facts()
	if !f.Phantom || f.Images != 4 || f.FOV != "file" || f.Width != [2]int{188, 188} || len(f.Splits) != 1 ||
		f.Hash == "" || !strings.Contains(f.Source, "phantom") {
		t.Errorf("%+v", f)
	}
	if again := smallPhantom(t, phantomConfigs["DRIVE"]).Facts(); again.Hash != f.Hash {
		t.Error("the hash of the same files differs")
	}
}

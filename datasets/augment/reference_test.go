package augment

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// references is what torchvision and PyTorch make of a small picture, see testdata/references.py.
type references struct {
	Height, Width int
	Picture       []float64 // [3, H, W]
	Cases         []struct {
		Name     string
		Value    float64
		Channels int
		Pixels   []float64
	}
	Crops []struct {
		Top, Left, Height, Width int
		Pixels                   []float64
	}
}

func readReferences(t *testing.T) (ref references) {
	t.Helper()
	data, err := os.ReadFile("testdata/references.json")
	if err == nil {
		err = json.Unmarshal(data, &ref)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// apart returns the largest difference of pixels from those wanted.
func apart(pixels []float32, want []float64) (largest float64) {
	for i, v := range pixels {
		largest = max(largest, math.Abs(float64(v)-want[i]))
	}
	return largest
}

// TestIntensitiesAgreeWithTorchvision compares single with double precision. Hue multiplies the rounding of its input
// by six.
func TestIntensitiesAgreeWithTorchvision(t *testing.T) {
	ref := readReferences(t)
	for _, c := range ref.Cases {
		s := map[string]shader{
			"brightness-factor": brightnessFactor(c.Value), "contrast-factor": contrastFactor(c.Value),
			"saturation": saturation(c.Value), "hue": hue(c.Value), "gamma": gamma(c.Value),
			"blur": blur(c.Value), "low-resolution": lowResolution(c.Value),
		}[c.Name]
		pixels := make([]float32, c.Channels*ref.Height*ref.Width)
		for i := range pixels {
			pixels[i] = float32(ref.Picture[i])
		}
		s.shade(pixels, c.Channels, ref.Height, ref.Width)
		if off := apart(pixels, c.Pixels); off > 1e-6 {
			t.Errorf("%s of %g on %d channels: %g apart", c.Name, c.Value, c.Channels, off)
		}
	}
	if len(ref.Cases) < 17 {
		t.Errorf("%d cases", len(ref.Cases))
	}
}

// TestResizedCropAgreesWithTorchvision compares the pixels between the part's outermost ones. Beyond them torchvision
// repeats these; here the picture goes on.
func TestResizedCropAgreesWithTorchvision(t *testing.T) {
	ref := readReferences(t)
	h, w := ref.Height, ref.Width
	p := Picture{Width: w, Height: h, Channels: 3, Pixels: make([]uint16, 3*h*w), Truth: make([]uint8, h*w)}
	for i, v := range ref.Picture {
		p.Pixels[i] = uint16(math.Round(v * fullScale))
	}
	for _, c := range ref.Crops {
		tr := Config{}.Draw(nil, nil, h, w)
		tr.geometric = true
		tr.crop = &crop{
			x:      float64(c.Left) + float64(c.Width-w)/2,
			y:      float64(c.Top) + float64(c.Height-h)/2,
			scaleX: float64(c.Width) / float64(w), scaleY: float64(c.Height) / float64(h),
		}
		image, target := make([]float32, 3*h*w), make([]float32, h*w)
		tr.Render(image, target, p, float64(w-1)/2, float64(h-1)/2)
		compared := 0
		for i, v := range image {
			x, y := (float64(i%w)+0.5)*tr.crop.scaleX-0.5, (float64(i/w%h)+0.5)*tr.crop.scaleY-0.5
			if x < 0 || y < 0 || x > float64(c.Width-1) || y > float64(c.Height-1) {
				continue
			}
			compared++
			if off := math.Abs(float64(v) - c.Pixels[i]); off > 1e-5 { // pixels have 16 bits
				t.Fatalf("%+v: pixel %d is %g apart", c, i, off)
			}
		}
		if compared < h*w {
			t.Errorf("%d of %d pixels compared", compared, len(image))
		}
	}
}

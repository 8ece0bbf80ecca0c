package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"r2unet/evaluate"
	"r2unet/evaluate/archive"
	"r2unet/evaluate/archive/archivetest"
	"r2unet/evaluate/record"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
)

// drawn is a sweep with its figures.
func drawn(t *testing.T) (folder string, names []string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "quick")
	if keep := os.Getenv("FIGURES"); keep != "" { // to look at them
		folder = keep
	}
	archivetest.Copy(t, folder, 1)
	s, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	into := filepath.Join(folder, "figures")
	if err := os.MkdirAll(into, 0o755); err != nil {
		t.Fatal(err)
	}
	figures, err := All(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		for ending, encode := range map[string]func() ([]byte, error){"png": f.PNG, "svg": f.SVG, "pdf": f.PDF} {
			data, err := encode()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(into, f.Name+"."+ending), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		names = append(names, f.Name)
	}
	return folder, names
}

func TestEveryFigureIsWrittenAsPNGSVGAndPDF(t *testing.T) {
	folder, names := drawn(t)
	want := []string{
		"accuracy-training-chase_db1", "accuracy-validation-chase_db1", "roc-chase_db1", "precision-recall-chase_db1",
		"examples-chase_db1",
		"accuracy-training-isic2017-phantom", "accuracy-validation-isic2017-phantom", "roc-isic2017-phantom",
		"precision-recall-isic2017-phantom", "examples-isic2017-phantom",
		"roc-retina",
	}
	if !slices.Equal(names, want) {
		t.Errorf("figures %v, want %v", names, want)
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(folder, "figures", name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if width := m.Bounds().Dx(); width < 1049 {
			t.Errorf("%s is %d px wide: too coarse for print", name, width)
		}
		if ink(m) < 0.01 {
			t.Errorf("%s is empty", name)
		}
		svg, err := os.ReadFile(filepath.Join(folder, "figures", name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		decoder := xml.NewDecoder(bytes.NewReader(svg))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s.svg: %v", name, err)
			}
		}
		if strings.Contains(name, "phantom") && !bytes.Contains(svg, []byte("phantom")) {
			t.Errorf("%s does not say that its dataset is a phantom", name)
		}
		pdf, err := os.ReadFile(filepath.Join(folder, "figures", name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf, []byte("/FontFile2")) ||
			bytes.Count(pdf, []byte("/Type /Page\n")) != 1 {
			t.Errorf("%s.pdf is not a page with embedded fonts", name)
		}
	}
}

// ink returns the share of pixels that are not white.
func ink(m image.Image) float64 {
	n := 0
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			if r, g, b, _ := m.At(x, y).RGBA(); r+g+b < 3*0xf000 {
				n++
			}
		}
	}
	return float64(n) / float64(m.Bounds().Dx()*m.Bounds().Dy())
}

func TestOverlayTellsHitsMissesAndFalseAlarms(t *testing.T) {
	gray := func(values ...uint8) *image.Gray {
		return &image.Gray{Pix: values, Stride: len(values), Rect: image.Rect(0, 0, len(values), 1)}
	}
	truth := gray(255, 255, 0, 0, 255)
	probability := image.NewGray16(truth.Rect)
	for x, p := range []float64{0.8, 0.04, 0.5, 0.49999, 0.04} {
		probability.SetGray16(x, 0, color.Gray16{Y: record.ProbabilityLevel(p)})
	}
	fov := gray(255, 255, 255, 255, 0)
	input := gray(90, 90, 90, 90, 90)
	e := archive.Example{Probability: probability}
	got := Overlay(input, truth, fov, e.Predicted(0.5))
	want := []color.Color{HitColor, MissColor, FalseAlarmColor, color.Gray{30}, black}
	for x, c := range want {
		r, g, b, _ := c.RGBA()
		if R, G, B, _ := got.At(x, 0).RGBA(); R != r || G != g || B != b {
			t.Errorf("pixel %d is %v, want %v", x, got.At(x, 0), c)
		}
	}
}

// The overlay's colours must differ for readers who lack one type of cone (Viénot, Brettel and Mollon 1999,
// for protanopia and deuteranopia).
func TestOverlayColoursDifferForColourBlindReaders(t *testing.T) {
	linear := func(c color.Color) [3]float64 {
		r, g, b, _ := c.RGBA()
		var out [3]float64
		for i, v := range []uint32{r, g, b} {
			out[i] = math.Pow(float64(v)/0xffff, 2.2)
		}
		return out
	}
	visions := map[string][3][3]float64{
		"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		"protanopia":   {{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}},
		"deuteranopia": {{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}},
		"grey":         {{0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}},
	}
	colors := []color.Color{HitColor, MissColor, FalseAlarmColor, black}
	for vision, matrix := range visions {
		for i, a := range colors {
			for _, b := range colors[i+1:] {
				x, y := linear(a), linear(b)
				distance := 0.0
				for row := range 3 {
					seen := func(c [3]float64) float64 {
						v := matrix[row][0]*c[0] + matrix[row][1]*c[1] + matrix[row][2]*c[2]
						return math.Pow(max(v, 0), 1/2.2)
					}
					distance += math.Pow(seen(x)-seen(y), 2)
				}
				if math.Sqrt(distance) < 0.15 {
					t.Errorf("%s: %v and %v are %.2f apart", vision, a, b, math.Sqrt(distance))
				}
			}
		}
	}
}

func TestTicksAreRoundNumbers(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		whole     bool
		want      string
	}{
		{0, 1, false, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{0.751, 0.973, false, "0.80 0.85 0.90 0.95"},
		{1, 3, true, "1 2 3"},
		{1, 150, true, "50 100 150"},
		{0.5, 0.5, false, "0.5"},
	} {
		var labels []string
		for _, tick := range (roundTicks{test.whole}).Ticks(test.low, test.high) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != test.want {
			t.Errorf("%v to %v: %s, want %s", test.low, test.high, got, test.want)
		}
	}
}

func TestBestMiddleWorstAreOrdered(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "quick")
	archivetest.Copy(t, folder, 1)
	s, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	picks := BestMiddleWorst(s.Run("chase_db1-recurrent-residual-t2"))
	if len(picks) != 3 || picks[0].F1 < picks[1].F1 || picks[1].F1 < picks[2].F1 {
		t.Errorf("%+v", picks)
	}
	if picks := BestMiddleWorst(s.Run("isic2017-recurrent-t2")); len(picks) != 0 {
		t.Errorf("a failed run has %+v", picks)
	}
	run := *s.Run("chase_db1-recurrent-residual-t2")
	for n, want := range []string{"", "Only", "Best Worst", "Best Middle Worst", "Best Middle Worst"} {
		var names []string
		run.Predictions = run.Predictions[:0:0]
		for _, image := range run.Result.Measures.Inside.Images[:n] {
			run.Predictions = append(run.Predictions, image.ID)
		}
		for _, pick := range BestMiddleWorst(&run) {
			names = append(names, pick.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("of %d images there are %q, want %q", n, got, want)
		}
	}
}

func TestNetworksKeepCurvesOfTheirOwn(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "quick")
	archivetest.Copy(t, folder, 1)
	s, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, r := range s.Runs {
		network := evaluate.Network{Block: "forward", Norm: "batch", Channels: []int{16, 32, 64, 128}}
		if r.Result.Architecture == "RU-Net" {
			r.Result.Architecture, network.Channels = "U-Net", []int{2, 4}
		}
		r.Result.Facets = network.Facets()
	}
	for _, p := range panels(s) {
		labels := map[string]bool{}
		for _, series := range p.series {
			labels[series.label] = true
		}
		for _, want := range []string{"U-Net, batch, 16–32–64–128", "U-Net, batch, 2–4", "ResU-Net"} {
			if !labels[want] {
				t.Errorf("%s has the labels %v, not %s", p.dataset, labels, want)
			}
		}
	}
}

func TestDamagedNumbersAreLeftOut(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "quick")
	archivetest.Copy(t, folder, 1)
	run := filepath.Join(folder, "runs", "chase_db1-forward-t0")
	for file, text := range map[string]string{
		"history.csv": "epoch,train_accuracy,validation_accuracy\n1,1e308,0.5\n2,-1e308,NaN\n3,0.5,Inf\n",
		"curves.json": `{"inside": {"threshold": [0.5, 0.4], "false_positive_rate": [1e300, 0.5],
			"true_positive_rate": [-1, 0.7], "precision": []}}`,
	} {
		if err := os.WriteFile(filepath.Join(run, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	figures, err := All(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if !strings.Contains(f.Name, "chase_db1") || strings.HasPrefix(f.Name, "examples") {
			continue
		}
		if _, err := f.SVG(); err != nil {
			t.Error(err)
		}
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	archivetest.Clean()
	os.Exit(code)
}

// TestSameFigureGivesTheSameBytesOfPDF: a file holds no time of its making.
func TestSameFigureGivesTheSameBytesOfPDF(t *testing.T) {
	folder, names := drawn(t)
	again, _ := drawn(t)
	for _, name := range names {
		first, err := os.ReadFile(filepath.Join(folder, "figures", name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(filepath.Join(again, "figures", name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) || !bytes.Contains(first, []byte("D:19700101000000")) {
			t.Errorf("%s.pdf differs from itself, or states a time", name)
		}
	}
}

// TestPDFWithoutAFolderForTemporaryFilesIsAnError that names the folder, as fonts are made in one; and no crash.
func TestPDFWithoutAFolderForTemporaryFilesIsAnError(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows names the folder in another variable")
	}
	if os.Getenv("TMPDIR") != "/none" { // fonts are made once in a process
		again := exec.Command(os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), "TMPDIR=/none")
		if out, err := again.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	f := Figure{Name: "example", Width: 100, Height: 100, paint: func(c vgdraw.Canvas) {
		text := vgdraw.TextStyle{Font: font.From(plot.DefaultFont, 10), Handler: plot.DefaultTextHandler}
		c.FillText(text, vg.Point{}, "letters")
	}}
	file, err := f.PDF()
	if file != nil || err == nil || !strings.Contains(err.Error(), "figure example: ") ||
		!strings.Contains(err.Error(), "/none") {
		t.Errorf("%d bytes, %v", len(file), err)
	}
}

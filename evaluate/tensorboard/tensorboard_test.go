package tensorboard

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"r2unet/evaluate/archive"
	"r2unet/evaluate/archive/archivetest"
	"r2unet/evaluate/figure"
	"r2unet/evaluate/measures"
	"r2unet/internal/torchtest"
)

// reference returns the first run of the committed results.
func reference(t *testing.T) *archive.Run {
	t.Helper()
	s, err := archive.Open("../../results/reference/quick")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Runs[0]
}

func TestTensorBoardReadsTheSameNumbers(t *testing.T) {
	r, folder := reference(t), t.TempDir()
	var file bytes.Buffer
	pictures := drawn(t)
	if err := Write(&file, r, pictures); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, FileName), file.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	var all struct {
		Scalars map[string][][2]float64
		Images  map[string][4]any // step, width, height, PNG
	}
	torchtest.Python{
		Variable: "R2UNET_ONNX_PYTHON", Modules: "tensorboard.backend.event_processing.event_accumulator",
	}.Run(t, "testdata/read.py", &all, folder)
	read := all.Scalars
	for _, p := range pictures {
		want := [4]any{
			float64(r.Result.Epochs), float64(p.Width), float64(p.Height), base64.StdEncoding.EncodeToString(p.PNG),
		}
		if all.Images[p.Tag] != want {
			t.Errorf("%s is not what TensorBoard has: %.80v", p.Tag, all.Images[p.Tag])
		}
	}
	if len(all.Images) != len(pictures) {
		t.Errorf("%d pictures, TensorBoard has %d", len(pictures), len(all.Images))
	}
	values := 0
	for i, e := range r.History {
		for name, v := range e.Columns() {
			points := read[tag(name)]
			values++
			if len(points) != len(r.History) || points[i] != [2]float64{float64(e.Epoch), float64(float32(v))} {
				t.Errorf("%s of epoch %d is %g, TensorBoard has %v", tag(name), e.Epoch, v, points)
			}
		}
	}
	for name, v := range archive.Measured(&r.Result) {
		values++
		if points := read["test/"+name]; len(points) != 1 || points[0][1] != float64(float32(v)) {
			t.Errorf("%s is %g, TensorBoard has %v", name, v, points)
		}
	}
	if values < 30 || len(read) < 30 {
		t.Errorf("%d values, %d tags", values, len(read))
	}
}

// TestRecordsHaveTheChecksumsOfTensorFlow reads the frames with the formula of TensorFlow's record_writer: a checksum
// is unmasked and compared.
func TestRecordsHaveTheChecksumsOfTensorFlow(t *testing.T) {
	var file bytes.Buffer
	if err := Write(&file, reference(t), drawn(t)); err != nil {
		t.Fatal(err)
	}
	unmask := func(v uint32) uint32 {
		v -= 0xa282ead8
		return v>>17 | v<<15
	}
	table := crc32.MakeTable(crc32.Castagnoli)
	records := 0
	for data := file.Bytes(); len(data) > 0; records++ {
		length := binary.LittleEndian.Uint64(data)
		content := data[12 : 12+length]
		for _, part := range [][2][]byte{{data[:8], data[8:12]}, {content, data[12+length:]}} {
			if got := unmask(binary.LittleEndian.Uint32(part[1])); got != crc32.Checksum(part[0], table) {
				t.Fatalf("record %d: checksum %#x", records, got)
			}
		}
		data = data[16+length:]
	}
	if records < 30 {
		t.Errorf("%d records", records)
	}
}

// fields returns the last value of each field of a protobuf message, numbers as their bits.
func fields(t *testing.T, message []byte) (numbers map[protowire.Number]uint64, parts map[protowire.Number][]byte) {
	t.Helper()
	numbers, parts = map[protowire.Number]uint64{}, map[protowire.Number][]byte{}
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		message = message[max(0, n):]
		switch kind {
		case protowire.VarintType:
			numbers[field], n = protowire.ConsumeVarint(message)
		case protowire.Fixed64Type:
			numbers[field], n = protowire.ConsumeFixed64(message)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(message)
			numbers[field] = uint64(v)
		case protowire.BytesType:
			parts[field], n = protowire.ConsumeBytes(message)
		default:
			t.Fatalf("field %d is of kind %d", field, kind)
		}
		if n < 0 {
			t.Fatalf("field %d: %v", field, protowire.ParseError(n))
		}
		message = message[n:]
	}
	return numbers, parts
}

// TestEventsHaveTheFieldsOfTensorFlow reads tensorflow.Event by its field numbers, without TensorBoard: wall_time 1,
// step 2, file_version 3 and summary 5, which has a value 1 of tag 1 and simple_value 2 or image 4, that of height 1,
// width 2, colorspace 3 and encoded_image_string 4.
func TestEventsHaveTheFieldsOfTensorFlow(t *testing.T) {
	r := reference(t)
	var file bytes.Buffer
	pictures := drawn(t)
	if err := Write(&file, r, pictures); err != nil {
		t.Fatal(err)
	}
	type point struct {
		tag  string
		step int
	}
	found, shown := map[point]float64{}, 0
	var last float64
	first := true
	for data := file.Bytes(); len(data) > 0; first = false {
		length := binary.LittleEndian.Uint64(data)
		numbers, parts := fields(t, data[12:12+length])
		data = data[16+length:]
		wall := math.Float64frombits(numbers[1])
		if first {
			if string(parts[3]) != "brain.Event:2" || wall != seconds(r.Started) {
				t.Errorf("the first record is %v, %q", numbers, parts)
			}
			continue
		}
		_, summary := fields(t, parts[5])
		value, tag := fields(t, summary[1])
		last = wall
		at := point{string(tag[1]), int(numbers[2])}
		if content, is := tag[4]; is {
			size, image := fields(t, content)
			p := pictures[shown]
			shown++
			want := []int{p.Height, p.Width, p.Channels}
			other := !slices.Equal([]int{int(size[1]), int(size[2]), int(size[3])}, want)
			if other || at != (point{p.Tag, r.Result.Epochs}) || !bytes.Equal(image[4], p.PNG) {
				t.Errorf("picture %d is %v of %v", shown, at, size)
			}
			continue
		}
		if _, twice := found[at]; twice || wall <= seconds(r.Started) {
			t.Errorf("%v at %v, begun at %v; or it is there twice", at, wall, seconds(r.Started))
		}
		found[at] = float64(math.Float32frombits(uint32(value[2])))
	}
	if last != seconds(r.Written) {
		t.Errorf("the last event is at %v, the record was written at %v", last, seconds(r.Written))
	}
	want := map[point]float64{}
	for _, e := range r.History {
		for name, v := range e.Columns() {
			want[point{tag(name), e.Epoch}] = float64(float32(v))
		}
	}
	for name, v := range archive.Measured(&r.Result) {
		want[point{"test/" + name, r.Result.Epochs}] = float64(float32(v))
	}
	for at, v := range want {
		if got, ok := found[at]; !ok || got != v {
			t.Errorf("%v is %v, want %v", at, got, v)
		}
	}
	if len(found) != len(want) || len(want) < 30 || shown != len(pictures) {
		t.Errorf("%d values, want %d; %d pictures, want %d", len(found), len(want), shown, len(pictures))
	}
}

// drawn returns pictures of a run.
func drawn(t *testing.T) []Picture {
	t.Helper()
	folder := t.TempDir()
	archivetest.Copy(t, folder, 1)
	s, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pictures, err := Pictures(s, s.Run("chase_db1-recurrent-residual-t3"), 3)
	if err != nil {
		t.Fatal(err)
	}
	return pictures
}

// TestPicturesAreOfTheBestTheMiddleAndTheWorst: with the mask that was measured, and as many pixels of it.
func TestPicturesAreOfTheBestTheMiddleAndTheWorst(t *testing.T) {
	folder := t.TempDir()
	archivetest.Copy(t, folder, 1)
	s, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := s.Run("chase_db1-recurrent-residual-t3")
	f1, counts := map[string]float64{}, map[string]measures.Counts{}
	for _, image := range r.Result.Measures.Inside.Images {
		f1[image.ID] = image.Scores.Of(measures.F1)
		counts[image.ID] = image.Scores.Counts
	}
	for n, want := range map[int]int{0: 0, 1: 1, 3: 3, 6: 6, 99: 6} {
		ids := spread(r, n)
		if len(ids) != want || !slices.IsSortedFunc(ids, func(a, b string) int { return cmp.Compare(f1[b], f1[a]) }) {
			t.Errorf("%d of 6 images are %v", n, ids)
		}
		if want > 1 && (f1[ids[0]] != slices.Max(slices.Collect(maps.Values(f1))) ||
			f1[ids[want-1]] != slices.Min(slices.Collect(maps.Values(f1)))) {
			t.Errorf("%d of 6 images are %v, of %v", n, ids, f1)
		}
	}
	pictures, err := Pictures(s, r, 3)
	if err != nil || len(pictures) != 15 {
		t.Fatalf("%d pictures, %v", len(pictures), err)
	}
	for i, p := range pictures {
		m, err := png.Decode(bytes.NewReader(p.PNG))
		if err != nil || m.Bounds().Dx() != p.Width || m.Bounds().Dy() != p.Height {
			t.Fatalf("%s: %v", p.Tag, err)
		}
		if _, grey := m.(*image.Gray); grey != (p.Channels == 1) {
			t.Errorf("%s has %d channels, and is a %T", p.Tag, p.Channels, m)
		}
		id, name, _ := strings.Cut(p.Tag, "/")
		if name != []string{"1 input", "2 truth", "3 prediction", "4 probability", "5 right and wrong"}[i%5] {
			t.Errorf("picture %d is %s", i, p.Tag)
		}
		if i%5 == 4 { // hits are blue, and as many as were counted
			hits := int64(0)
			r, g, b, _ := figure.HitColor.RGBA()
			for k := range p.Width * p.Height {
				if R, G, B, _ := m.At(k%p.Width, k/p.Width).RGBA(); R == r && G == g && B == b {
					hits++
				}
			}
			if hits != counts[id].TP {
				t.Errorf("%s has %d hits, measured were %d", p.Tag, hits, counts[id].TP)
			}
		}
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func TestTagsAreGroupedByWhatTheyAreOf(t *testing.T) {
	for column, want := range map[string]string{
		"train_loss": "train/loss", "validation_dice": "validation/dice", "learning_rate": "train/learning_rate",
	} {
		if got := tag(column); got != want {
			t.Errorf("%s is %s, want %s", column, got, want)
		}
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	archivetest.Clean()
	os.Exit(code)
}

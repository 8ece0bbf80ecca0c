package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"r2unet/datasets"
	"r2unet/datasets/files"
	"r2unet/datasets/raster"
)

// checked is the result of checking one image.
type checked struct {
	files.Entry
	width, height int
	samples       raster.Type // of the image's
	pixels        string      // hash of the decoded pixels; "" if they could not be read
	// truth is a hash of the label, "" if it could not be read or labels nearly nothing or everything.
	truth               string
	positive, total     int // pixels of the label
	inPositive, inTotal int // pixels of the label inside the field of view in use
	field               field
	orientation         int // see raster.Image
	label               datasets.LabelFacts
	config              datasets.Config // how labels are read
	flat, flatLabel     bool            // the image, and the label, have as few values as labels have
	findings            []Finding
}

// leastRepeated is the number of pixels that two labels must share to be copies; fewer may coincide by chance.
const leastRepeated = 16

// checkImages checks all images, several at a time, and keeps no pixels.
func checkImages(
	ctx context.Context, d *datasets.Description, c *datasets.Copy, config datasets.Config, o Options,
) ([]checked, error) {
	out := make([]checked, len(c.Entries))
	var mu sync.Mutex
	done := 0
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, e := range c.Entries {
		g.Go(func() error {
			out[i] = checked{Entry: e}
			if err := ctx.Err(); err != nil {
				return err
			}
			out[i].config = config
			out[i].check(ctx, d, c.Dir)
			if o.Progress != nil {
				mu.Lock()
				defer mu.Unlock()
				done++
				o.Progress(d.Name, done, len(out))
			}
			return nil
		})
	}
	return out, g.Wait()
}

func (m *checked) check(ctx context.Context, d *datasets.Description, dir string) {
	picture := m.picture(ctx, d, dir)
	label := m.mask(ctx, dir, m.Label, "label", picture)
	m.mask(ctx, dir, m.Second, "second observer's label", picture)
	shipped := m.mask(ctx, dir, m.FOV, "field-of-view mask", picture)
	used := shipped
	if picture != nil && d.Photograph {
		used = m.checkField(picture, shipped)
	}
	if label == nil {
		return
	}
	m.total = len(label)
	for i, v := range label {
		positive := 0
		if v != 0 && v != datasets.NoClass {
			positive = 1
		}
		m.positive += positive
		if used == nil || used[i] != 0 {
			m.inTotal++
			m.inPositive += positive
		}
	}
	if m.positive >= leastRepeated && m.positive < m.total {
		m.truth = fmt.Sprintf("%d %x", m.width, sha256.Sum256(label))
	}
	switch m.positive {
	case 0:
		m.add(Warning, m.Label, "nothing is labelled")
	case m.total:
		m.add(Warning, m.Label, "everything is labelled")
	}
}

func (m *checked) add(level Level, file, text string) {
	m.findings = append(m.findings, Finding{level, file, text})
}

// picture decodes the image. It returns nil if the image cannot be used.
func (m *checked) picture(ctx context.Context, d *datasets.Description, dir string) *raster.Image {
	path := filepath.Join(dir, m.Image)
	p, err := files.Picture(ctx, path)
	if err != nil {
		m.add(Error, m.Image, reason(err, path))
		return nil
	}
	m.width, m.height, m.orientation, m.samples = p.Width, p.Height, p.Orientation, p.Type
	m.flat = datasets.Flat(p)
	hash := sha256.New()
	fmt.Fprintln(hash, p.Width, p.Height, p.Channels, p.Type)
	hash.Write(p.Data)
	m.pixels = hex.EncodeToString(hash.Sum(nil))
	switch {
	case d.AnyValues && !d.CT && p.FullScale() == 0:
		m.add(Error, m.Image, fmt.Sprintf("has %v samples, which have no value for white: set window to the values "+
			"that become 0 and 1", p.Type))
	case d.AnyValues && !d.CT && d.Grey && p.Coloured():
		m.add(Note, m.Image, "is in colour, and input = \"grey\" takes its luminance")
	case d.AnyValues:
	case d.CT && p.Channels > 1:
		m.add(Warning, m.Image, fmt.Sprintf("has %d channels; CT numbers have one, and the first is used",
			p.Channels))
	case !d.CT && p.FullScale() == 0:
		m.add(Error, m.Image, fmt.Sprintf("has %v samples; a photograph has unsigned ones", p.Type))
	case !d.CT && !d.Grey && p.Channels < 3:
		m.add(Warning, m.Image, "is grey; the official photographs are in colour")
	}
	if p.Alpha != nil {
		m.add(Warning, m.Image, "is transparent in parts; its colours are used as if it were opaque")
	}
	fault := ""
	if d.CT && !d.AnyValues {
		_, fault = datasets.CTFault(p, d.Window)
	}
	if fault == "" && bytes.Count(p.Data, p.Data[:1]) == len(p.Data) {
		fault = "has one value only"
	}
	if fault != "" {
		m.add(Warning, m.Image, fault)
	}
	if w, h := d.Official.Width, d.Official.Height; w > 0 && (p.Width != w || p.Height != h) {
		m.add(Warning, m.Image, fmt.Sprintf("is %d×%d px; the official images are %d×%d px", p.Width, p.Height, w, h))
	}
	return p
}

// mask decodes a label or mask and compares it with its image. It returns nil if there is none or it cannot be used.
func (m *checked) mask(ctx context.Context, dir, file, what string, picture *raster.Image) []uint8 {
	if file == "" {
		return nil
	}
	path := filepath.Join(dir, file)
	p, err := files.Picture(ctx, path)
	if err != nil {
		m.spoilt(file, reason(err, path))
		return nil
	}
	if picture != nil && (p.Width != picture.Width || p.Height != picture.Height) {
		m.spoilt(file, fmt.Sprintf("the %s is %d×%d px, but its image %s is %d×%d px%s", what, p.Width, p.Height,
			m.Image, picture.Width, picture.Height, files.Turned(picture.Orientation)))
		return nil
	}
	config := m.config
	if file == m.FOV {
		config.Classes = nil
	}
	label, err := config.ReadLabel(p)
	if err != nil {
		m.spoilt(file, err.Error())
		return nil
	}
	if len(config.Classes) > 0 {
		return label.Mask
	}
	if file == m.Label {
		m.flatLabel = datasets.Flat(p)
		m.label = datasets.LabelFacts{File: file, Background: label.Background, Foreground: label.Foreground}
		m.label.Count(label.Mask, p.Width)
	}
	for i := range p.Samples() {
		if v := p.At(i); v != 0 && v != p.FullScale() && file != m.Second && config.LabelThreshold == 0 &&
			config.Kind == "" {
			m.add(Note, file, fmt.Sprintf("the %s has the value %g; official ones have 0 and 255. "+
				"It is read by its two values all the same", what, v))
			break
		}
	}
	return label.Mask
}

// spoilt reports a label or mask that cannot be used. A sweep does not read the labels of the other observer.
func (m *checked) spoilt(file, text string) {
	other, observer := m.Second, 2
	if m.config.Observer == 2 {
		other, observer = m.Label, 1
	}
	if file == other {
		m.add(Warning, file, fmt.Sprintf("%s; a sweep with observer = %d would refuse it", text, observer))
		return
	}
	m.add(Error, file, text)
}

// reason returns an error's text without the path, which the finding contains already.
func reason(err error, path string) string {
	return strings.TrimPrefix(strings.Replace(err.Error(), " "+path+": ", ": ", 1), ": ")
}

package draft

import (
	"fmt"
	"math"

	"r2unet/arch"
	"r2unet/datasets"
	"r2unet/experiments"
	"r2unet/internal/device"
)

// plan is what was decided, with the reasons.
type plan struct {
	channels []int

	patch                      int           // side of patches, px; 0 = whole images
	size                       datasets.Size // that images are resized to; zero = none
	patches, validationPatches int           // an epoch
	balanced                   bool          // half of the patches lie on structures

	batch, epochs, updates int

	sample                                     datasets.Size // of a training sample, px
	whySample, whyChannels, whyBatch, whyEpoch string
}

// The rules, see docs/init.md.
const (
	leastMap      = 4   // px: the shorter side of the deepest feature map, as in nnU-Net
	mostLevels    = 5   // of the network
	firstChannels = 16  // of the finest level, doubled from level to level as in the paper
	mostChannels  = 128 // as in the paper

	mostWhole    = 512 * 512 // px: larger images are resized, or cut into patches
	resizedArea  = 256 * 256 // px: of a resized image
	patchSide    = 256       // px
	leastWidth   = 8         // px: a structure that is thinner in a resized image needs patches at native resolution
	rareLabelled = 0.05      // share of labelled pixels below which patches are balanced

	leastBatch, mostBatch = 4, 16
	batchShare            = 20 // a batch is at most a twentieth of an epoch, as in nnU-Net
)

// decide applies the rules to what was seen.
func decide(s *seen, updates int, dev device.Device, memory int64) (*plan, error) {
	p := &plan{updates: updates}
	p.chooseSamples(s)
	p.chooseNetwork(s)
	samples := s.train
	if p.patch > 0 {
		each := p.patchesOf(s.median)
		p.patches, p.validationPatches = each*s.train, each*max(1, s.validation)
		samples = p.patches
	}
	if err := p.chooseBatch(s, samples, dev, memory); err != nil {
		return nil, err
	}
	steps := (samples + p.batch - 1) / p.batch
	p.epochs = max(1, int(math.Round(float64(updates)/float64(steps))))
	p.whyEpoch = fmt.Sprintf("about %d updates of the weights, %d an epoch", steps*p.epochs, steps)
	return p, nil
}

// chooseSamples decides between whole images, resized ones and patches.
func (p *plan) chooseSamples(s *seen) {
	area := s.largest.Width * s.largest.Height
	shrink := math.Sqrt(resizedArea / float64(s.median.Width*s.median.Height))
	switch {
	case area <= mostWhole:
		p.sample = s.largest
		p.whySample = fmt.Sprintf("whole images at their size: the largest has not more than %d px", mostWhole)
	case s.width*shrink >= leastWidth || s.width == 0:
		multiple := float64(int(1) << (mostLevels - 1))
		side := func(n int) int { return int(max(1, math.Round(float64(n)*shrink/multiple)) * multiple) }
		p.size = datasets.Size{Width: side(s.median.Width), Height: side(s.median.Height)}
		p.sample = p.size
		p.whySample = fmt.Sprintf("images are resized: labelled structures, %.0f px wide, are still %.0f px wide then",
			s.width, s.width*shrink)
	default:
		p.patch = min(patchSide, s.shortest/8*8)
		p.balanced = s.labelled < rareLabelled
		p.sample = datasets.Square(p.patch)
		p.whySample = fmt.Sprintf("patches at native size: resized, structures of %.0f px would be %.1f px wide",
			s.width, s.width*shrink)
	}
}

// chooseNetwork halves the shorter side as often as the deepest map keeps its least size.
func (p *plan) chooseNetwork(s *seen) {
	side := min(p.sample.Width, p.sample.Height)
	if p.patch == 0 && !p.size.Set() {
		side = min(s.median.Width, s.median.Height)
	}
	p.channels = []int{firstChannels}
	for len(p.channels) < mostLevels && side/2 >= leastMap && (p.patch == 0 || p.patch%(1<<len(p.channels)) == 0) {
		p.channels = append(p.channels, min(mostChannels, 2*p.channels[len(p.channels)-1]))
		side /= 2
	}
	p.whyChannels = fmt.Sprintf("%d levels: the shorter side of the deepest map has %d px", len(p.channels), side)
}

// network is the architecture of the draft.
func (p *plan) network() arch.Config {
	return arch.Config{Name: "U-Net", Block: "forward", Channels: p.channels}.WithDefaults()
}

// patchesOf is how many patches have about the area of an image.
func (p *plan) patchesOf(image datasets.Size) int {
	return max(1, int(math.Round(float64(image.Width*image.Height)/float64(p.patch*p.patch))))
}

func (p *plan) chooseBatch(s *seen, samples int, dev device.Device, memory int64) error {
	want := min(max(leastBatch, min(mostBatch, samples/batchShare)), samples)
	multiple := p.network().Multiple()
	padded := func(size datasets.Size) datasets.Size {
		up := func(n int) int { return (n + multiple - 1) / multiple * multiple }
		return datasets.Size{Width: up(size.Width), Height: up(size.Height)}
	}
	tested := s.largest
	if p.size.Set() {
		tested = p.size
	}
	fits, err := experiments.LargestBatch(run(s.table, p), s.channels, padded(p.sample), padded(tested), dev, memory,
		want)
	if err != nil {
		return err
	}
	p.batch = fits
	switch {
	case fits == 0:
		return fmt.Errorf("%s: not even one sample of %d×%d px fits into %.1f GB of memory, half of what is free",
			s.Dir, p.sample.Width, p.sample.Height, float64(memory)/1e9)
	case fits < want:
		p.whyBatch = fmt.Sprintf("as many as fit into %.1f GB, half of the free memory", float64(memory)/1e9)
	case want == samples:
		p.whyBatch = "there are no more samples"
	default:
		p.whyBatch = fmt.Sprintf("5 %% of the %d samples of an epoch, at least %d, at most %d",
			samples, leastBatch, mostBatch)
	}
	return nil
}

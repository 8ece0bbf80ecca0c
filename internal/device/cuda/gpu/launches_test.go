//go:build !race

package gpu

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"r2unet/arch"
	"r2unet/internal/device/cuda"
	"r2unet/internal/device/cuda/sim"
	"r2unet/internal/model"
)

// counter is a driver that computes nothing and records the launches.
type counter struct {
	*sim.Driver
	names    []string
	launches []noted
	next     uint64
}

type noted struct {
	kernel string
	blocks int
}

func (c *counter) Kernel(name string) (uint64, error) {
	c.names = append(c.names, name)
	return uint64(len(c.names) - 1), nil
}

func (c *counter) Alloc(bytes int64) (uint64, error) {
	c.next += uint64(bytes+255) / 256 * 256
	return 1<<40 + c.next - uint64(bytes+255)/256*256, nil
}

func (c *counter) Launch(kernel uint64, grid [3]int, _ []byte) error {
	c.launches = append(c.launches, noted{c.names[kernel], grid[0] * grid[1] * grid[2]})
	return nil
}

func (*counter) Load(string) error                      { return nil }
func (*counter) Free(uint64) error                      { return nil }
func (*counter) Upload(uint64, []float32, uint64) error { return nil }
func (*counter) Download([]float32, uint64) error       { return nil }
func (*counter) Move(uint64, uint64, int64) error       { return nil }
func (*counter) Fill(uint64, uint32, int64) error       { return nil }
func (*counter) Capture() error                         { return errors.New("only counts") }

// launchesOf returns the launches of a training step, or of a prediction, of R2U-Net (t = 2) with the paper's
// channels.
func launchesOf(t *testing.T, training bool, n, size int) []noted {
	t.Helper()
	driver := &counter{Driver: sim.New(sim.Options{})}
	dev := start(t, driver, cuda.Options{})
	m, err := model.New(model.Config{
		Arch:       arch.Config{Name: "R2U-Net", Block: "recurrent-residual", T: 2, Channels: arch.PaperChannels()},
		InChannels: 1,
	}, dev)
	if err != nil {
		t.Fatal(err)
	}
	batch := model.NewBatch(n, 1, size, size)
	if training {
		err = m.StartTrain(t.Context(), batch, 1e-4)
	} else {
		err = m.Predict(t.Context(), batch.Targets, batch)
	}
	if err != nil {
		t.Fatal(err)
	}
	return driver.launches
}

var table = flag.Bool("launches", false, "print the launches of training steps and a prediction")

// multiprocessors of an H100.
const multiprocessors = 132

// TestStepsAreFewLaunchesOfManyBlocks checks what docs/cuda.md states about R2U-Net: launches cost microseconds each,
// and a 3×3 convolution that leaves half of the GPU idle takes twice as long.
func TestStepsAreFewLaunchesOfManyBlocks(t *testing.T) {
	for _, c := range []struct {
		training       bool
		n, size        int
		launches, idle int // at most; idle are launches with fewer blocks than there are multiprocessors
	}{{true, 32, 48, 290, 28}, {true, 256, 48, 290, 5}, {true, 16, 256, 290, 5}, {false, 32, 48, 57, 4}} {
		launches := launchesOf(t, c.training, c.n, c.size)
		idle := 0
		for _, l := range launches {
			if l.blocks < multiprocessors {
				idle++
			}
			if strings.HasPrefix(l.kernel, "conv3") && l.blocks < 2*multiprocessors {
				t.Errorf("%d images of %d×%d: %s has %d blocks", c.n, c.size, c.size, l.kernel, l.blocks)
			}
		}
		if len(launches) > c.launches || idle > c.idle {
			t.Errorf("%d images of %d×%d: %d launches, %d of few blocks; expected %d and %d",
				c.n, c.size, c.size, len(launches), idle, c.launches, c.idle)
		}
		if *table {
			fmt.Printf("training %v, %d images of %d×%d: %d launches\n", c.training, c.n, c.size, c.size, len(launches))
			printLaunches(launches)
		}
	}
}

// printLaunches writes a row for each kernel and number of blocks.
func printLaunches(launches []noted) {
	times := map[noted]int{}
	for _, l := range launches {
		times[l]++
	}
	rows := make([]noted, 0, len(times))
	for l := range times {
		rows = append(rows, l)
	}
	slices.SortFunc(rows, func(a, b noted) int {
		return cmp.Or(strings.Compare(a.kernel, b.kernel), a.blocks-b.blocks)
	})
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kernel\tblocks\tlaunches")
	for _, l := range rows {
		fmt.Fprintf(w, "%s\t%d\t%d\n", l.kernel, l.blocks, times[l])
	}
	if err := w.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

package cuda

import (
	"fmt"
	"slices"

	"r2unet/internal/device"
)

// posts are copies of small buffers in transit to the caller, oldest first.
type posts struct {
	ring    [64]post
	first   int // index of the oldest in transit
	waiting int
	done    [][]float32 // arrived and not returned yet
}

// postWords is the capacity of a post.
const postWords = 16

type post struct {
	pinned  []float32
	words   int
	arrived uint64 // event
}

// Post starts a copy of a buffer of at most 16 elements, in order after the programs run so far, without waiting for
// it.
func (d *Device) Post(from device.Buffer) error {
	b, ok := from.(*buffer)
	if !ok {
		return fmt.Errorf("cuda: post: a %T is not a buffer of this device", from)
	}
	words := elements(b.shape)
	if words > postWords {
		return fmt.Errorf("cuda: post %v: more than %d elements", b.shape, postWords)
	}
	err := d.driver.Together(func() error {
		if d.posts.waiting == len(d.posts.ring) {
			if err := d.oldest(); err != nil {
				return err
			}
		}
		p := &d.posts.ring[(d.posts.first+d.posts.waiting)%len(d.posts.ring)]
		p.words = words
		if err := d.driver.Download(p.pinned[:words], b.address); err != nil {
			return err
		}
		d.posts.waiting++
		return d.driver.Record(p.arrived)
	})
	if err != nil {
		return fmt.Errorf("cuda: post %v: %w", b.shape, err)
	}
	return nil
}

// Posted returns the posts not returned yet, in order: all of them, or, if wait is false, those that have arrived.
func (d *Device) Posted(wait bool) ([][]float32, error) {
	err := d.driver.Together(func() error {
		for d.posts.waiting > 0 {
			if !wait {
				if passed, err := d.driver.Passed(d.posts.ring[d.posts.first].arrived); err != nil || !passed {
					return err
				}
			}
			if err := d.oldest(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cuda: wait for posted values: %w", err)
	}
	done := d.posts.done
	d.posts.done = nil
	return done, nil
}

// oldest waits for the oldest post and removes it from the ring.
func (d *Device) oldest() error {
	p := &d.posts.ring[d.posts.first]
	if err := d.driver.Await(p.arrived); err != nil {
		return err
	}
	d.posts.done = append(d.posts.done, slices.Clone(p.pinned[:p.words]))
	d.posts.first = (d.posts.first + 1) % len(d.posts.ring)
	d.posts.waiting--
	return nil
}

// newPosts allocates the pinned memory of the ring.
func newPosts(driver Driver) (posts, error) {
	var p posts
	all, err := driver.Pin(postWords * len(p.ring))
	if err != nil {
		return p, err
	}
	for i := range p.ring {
		p.ring[i].pinned = all[postWords*i:][:postWords]
		if p.ring[i].arrived, err = driver.Event(); err != nil {
			return p, err
		}
	}
	return p, nil
}

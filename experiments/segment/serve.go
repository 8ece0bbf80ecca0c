package segment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"r2unet/internal/cli"
	"r2unet/internal/device/choose"
	"r2unet/internal/durable"
)

// limits bound what requests may cost.
type limits struct {
	body    int64         // bytes of a request
	inside  int           // requests that are read, wait or are computed at a time; others are refused
	read    time.Duration // until a request has arrived
	compute time.Duration // of waiting and computing
	write   time.Duration // until an answer has been taken
	grace   time.Duration // of the request that is computed when the server is to end
}

// serving are the limits of a server. The largest picture that is decoded, of 16 bits, fits into a request.
var serving = limits{
	body: 130 << 20, inside: 8, read: time.Minute, compute: 10 * time.Minute, write: 2 * time.Minute,
	grace: 10 * time.Second,
}

// Serve segments the pictures that are posted to an address, one at a time, until the context ends, and shows a page
// for it to browsers. Nothing of a picture is stored. Options for images and results do not count. *BadInput means that
// nothing was started.
func Serve(ctx context.Context, o Options, address string) error {
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	dev, _, err := choose.Open(cmp.Or(o.Device, "auto"),
		choose.Options{Threads: o.Threads, GPU: o.GPU, Precision: o.Precision})
	if err != nil {
		return &BadInput{Err: err}
	}
	s, err := read(ctx, o, dev)
	if err == nil {
		err = s.ensemble.build(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return cli.ErrInterrupted
	case durable.MachineFailed(err):
		return errors.Join(err, dev.Close())
	case err != nil:
		return &BadInput{Err: errors.Join(err, dev.Close())}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return &BadInput{Err: errors.Join(fmt.Errorf("-serve %s: %w; an address is e.g. 127.0.0.1:8080, or "+
			"127.0.0.1:0 for any free port", address, err), dev.Close())}
	}
	v := newServer(s, serving)
	v.say("%s, on %s", v.about.title(), v.about.Device)
	for _, note := range s.ensemble.Notes() {
		v.say("%s", note)
	}
	if at, ok := listener.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		v.say("warning: %s can be reached from other machines, and has no password", at)
	}
	v.say("http://%s/ shows a page; POST a picture there for its mask", listener.Addr())
	return errors.Join(v.serve(ctx, listener), dev.Close())
}

// about describes the network in answers and on the page.
type about struct {
	Network    string  `json:"network"`
	Trained    string  `json:"trained_on"`
	Checkpoint string  `json:"checkpoint"` // content hash
	Device     string  `json:"device"`
	Threshold  float64 `json:"threshold,omitempty"` // of one class
}

func (a about) title() string { return a.Network + ", trained on " + a.Trained }

// server answers requests with a network. It computes one picture at a time.
type server struct {
	*segmenter
	about    about
	limits   limits
	inside   chan struct{} // holds a token for each request that is read, waits or is computed
	turn     chan struct{} // holds a token while a picture is computed
	ending   chan struct{} // closed when no further picture is to be computed
	requests sync.WaitGroup

	mu   sync.Mutex    // of the following, and of output
	last time.Duration // that the last picture took
}

func newServer(s *segmenter, l limits) *server {
	e := s.ensemble
	v := &server{
		segmenter: s, limits: l,
		inside: make(chan struct{}, l.inside), turn: make(chan struct{}, 1), ending: make(chan struct{}),
		about: about{
			Network: e.networks(), Trained: e.trainedOn(), Checkpoint: e.Hash(), Device: e.device.Describe(),
			Threshold: e.Threshold,
		},
	}
	if e.Classes() != nil || e.steps.Thresholds() {
		v.about.Threshold = 0
	}
	return v
}

// maxConnections bounds connections, each of which costs a file descriptor.
const maxConnections = 200

// serve answers until the context ends. The picture that is being computed then may be finished within the time of
// grace; those that wait are refused. It returns when all requests have ended.
func (v *server) serve(ctx context.Context, listener net.Listener) error {
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var connections atomic.Int64
	web := &http.Server{
		Handler:           v,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: v.limits.read, IdleTimeout: 30 * time.Second,
		WriteTimeout:   v.limits.read + v.limits.compute + v.limits.write,
		MaxHeaderBytes: 16 << 10,
		BaseContext:    func(net.Listener) context.Context { return requests },
		ConnState: func(c net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				if connections.Add(1) > maxConnections {
					c.Close() // rather than run out of file descriptors
				}
			case http.StateClosed, http.StateHijacked:
				connections.Add(-1)
			}
		},
	}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	close(v.ending)
	late, stop := context.WithTimeout(context.WithoutCancel(ctx), v.limits.grace)
	defer stop()
	if err := web.Shutdown(late); err != nil {
		cancel() // the network stops at its next operation
		_ = web.Close()
	}
	<-ended
	v.requests.Wait()
	v.say("ended")
	return nil
}

// say prints a line; requests do so concurrently.
func (v *server) say(format string, about ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.segmenter.say(format, about...)
}

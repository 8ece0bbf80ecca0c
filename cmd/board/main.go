// Command board shows a results folder in the browser while a sweep writes it,
// or two of them side by side:
//
//	go run ./cmd/board -results results/quick
//	go run ./cmd/board -results results/quick,results/quick-2
//
// It listens on 127.0.0.1 only, unless -listen names another address, and reads only.
// Exit codes: 0 ended by a signal, 1 the server failed, 2 bad input. A bug ends it by SIGABRT (134).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"r2unet/evaluate/board"
	"r2unet/internal/cli"
)

func main() { cli.Main("board", run) }

func run(ctx context.Context) error {
	results := flag.String("results", "results", "results folder of a profile, or two to compare: A,B")
	listen := flag.String("listen", "127.0.0.1:8017", "address to listen on; port 0 takes any free one")
	interval := flag.Duration("interval", time.Second, "time between looks at the folder")
	cli.Usage(flag.CommandLine, "board [flags]",
		"Shows a results folder in the browser while a sweep writes it, or two folders side by side.", [][2]string{
			{"board -results results/quick", "the profile quick, at http://127.0.0.1:8017/"},
			{"board -results results/quick,results/quick-2 -listen 127.0.0.1:0", "two folders, at any free port"},
		}, nil)
	if err := cli.Parse(flag.CommandLine, "board", os.Args[1:]); err != nil {
		return err
	}
	if flag.NArg() > 0 {
		return &cli.InputError{Err: fmt.Errorf("unknown argument %q: the folder goes after -results", flag.Arg(0))}
	}
	if *interval < 10*time.Millisecond {
		return &cli.InputError{Err: fmt.Errorf("-interval %v: want at least 10ms", *interval)}
	}
	server, err := board.New(strings.Split(*results, ","), *interval)
	if err != nil {
		return &cli.InputError{Err: err}
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return &cli.InputError{Err: fmt.Errorf("-listen %s: %w; another port is e.g. -listen 127.0.0.1:0", *listen,
			err)}
	}
	if address, ok := listener.Addr().(*net.TCPAddr); ok && !address.IP.IsLoopback() {
		fmt.Fprintf(cli.Stderr, "board: %s can be reached from other machines, and has no password\n", address)
	}
	fmt.Fprintf(cli.Stdout, "http://%s/\n", listener.Addr())
	return serve(ctx, listener, server)
}

const (
	idleTimeout    = 20 * time.Second // of a connection without requests
	maxConnections = 200
)

// serve answers requests until the context ends, and returns when all goroutines have ended.
func serve(ctx context.Context, listener net.Listener, server *board.Server) error {
	var following sync.WaitGroup
	defer following.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	following.Go(func() { server.Run(ctx) })
	var connections atomic.Int64
	web := &http.Server{
		Handler: server, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: idleTimeout,
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
		BaseContext: func(net.Listener) context.Context { return ctx }, // also ends the event streams
	}
	following.Go(func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = web.Shutdown(late) // disconnects clients that are still reading
	})
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

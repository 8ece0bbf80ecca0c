// Command board shows a results folder in the browser while a sweep writes it,
// or several of them side by side, whatever machine, profile or revision they are of:
//
//	go run ./cmd/board results/quick
//	go run ./cmd/board results/quick results/quick-2 results/smoke
//
// With -save it writes the page to a file instead, which needs neither a server nor the folders:
//
//	go run ./cmd/board results/quick results/quick-2 -save page.html
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
	"r2unet/evaluate/report"
	"r2unet/internal/cli"
	"r2unet/internal/durable"
)

func main() { cli.Main("board", run) }

func run(ctx context.Context) error {
	results := flag.String("results", "results", "results `folder` of a profile, or several: A,B,C")
	save := flag.String("save", "", "write the page to this `file` instead of serving it")
	listen := flag.String("listen", "127.0.0.1:8017", "address to listen on; port 0 takes any free one")
	interval := flag.Duration("interval", time.Second, "time between looks at the folder")
	cli.Usage(flag.CommandLine, "board [DIR…] [flags]",
		"Shows a results folder in the browser while a sweep writes it, or several folders side by side:\n"+
			"settings that differ, tables, paired differences, curves and pictures. With -save, the page\n"+
			"becomes one file.", [][2]string{
			{"board results/quick", "the profile quick, at http://127.0.0.1:8017/"},
			{"board results/quick results/quick-2 -listen 127.0.0.1:0", "two folders, at any free port"},
			{"board results/quick results/quick-2 -save page.html", "the same as one file"},
		}, nil)
	folders, err := cli.ParseArguments(flag.CommandLine, "board", os.Args[1:])
	if err != nil {
		return err
	}
	named := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { named[f.Name] = true })
	switch {
	case len(folders) == 0:
		folders = strings.Split(*results, ",")
	case named["results"]:
		return &cli.InputError{Err: fmt.Errorf("%s stands beside -results %s: name folders in one way", folders[0],
			*results)}
	}
	if named["save"] {
		if err := cli.CheckOut("save", *save); err != nil {
			return err
		}
		return writePage(*save, folders)
	}
	if *interval < 10*time.Millisecond {
		return &cli.InputError{Err: fmt.Errorf("-interval %v: want at least 10ms", *interval)}
	}
	server, err := board.New(folders, *interval)
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

// writePage writes the page of the folders to a file: of one its report, of several their comparison.
func writePage(file string, folders []string) error {
	if file == "" {
		return &cli.InputError{Err: errors.New("-save is empty: want a file, e.g. -save page.html")}
	}
	folders, err := board.Resolve(folders)
	if err != nil {
		return &cli.InputError{Err: err}
	}
	builder := report.NewBuilder()
	var page []byte
	if len(folders) == 1 {
		page, err = builder.Report(folders[0])
	} else {
		page, err = builder.ComparePage(folders)
	}
	if err != nil {
		return err
	}
	if err := durable.WriteBytes(durable.OS, file, page); err != nil {
		return &cli.InputError{Err: fmt.Errorf("-save: %w", err)}
	}
	said := fmt.Sprintf("%d folders", len(folders))
	if len(folders) == 1 {
		said = "1 folder"
	}
	fmt.Fprintf(cli.Stdout, "%s: %s, %.1f MB\n", file, said, float64(len(page))/1e6)
	return nil
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

package main

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"r2unet/evaluate/archive/archivetest"
	"r2unet/evaluate/board"
	"r2unet/internal/cli/clitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"board": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": clitest.Exits},
	})
}

func TestServeEndsWithItsContext(t *testing.T) {
	folder := t.TempDir()
	archivetest.Copy(t, folder, 1)
	t.Cleanup(archivetest.Clean)
	server, err := board.New([]string{folder}, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, server) }()
	// A browser that listens to events must not keep the server from ending.
	response, err := http.Get("http://" + listener.Addr().String() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("still serving after 5 s")
	}
}

func TestConnectionsHaveABoundAndAreServedAgainWhenOthersGo(t *testing.T) {
	folder := t.TempDir()
	archivetest.Copy(t, folder, 1)
	t.Cleanup(archivetest.Clean)
	server, err := board.New([]string{folder}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, server) }()
	defer func() { cancel(); <-ended }()
	var idle []net.Conn
	for range maxConnections {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, c)
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answered := func() bool {
		response, err := client.Head("http://" + listener.Addr().String() + "/")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}
	if answered() {
		t.Errorf("connection %d is answered", maxConnections+1)
	}
	for _, c := range idle {
		c.Close()
	}
	for deadline := time.Now().Add(10 * time.Second); !answered(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody is answered after the others have gone")
		}
	}
}

// Package browsertest runs a headless Chromium for tests of pages.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// programs lists the names under which Chromium is installed.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "chrome", "headless-shell"}

// A Browser is a tab of a headless Chromium.
type Browser struct {
	t   testing.TB
	ctx context.Context
}

// Start starts a browser that ends with the test. It skips the test if Chromium is not found; the environment
// variable CHROMIUM names another executable.
func Start(t testing.TB) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds to start; leave out -short to run this test")
	}
	program := os.Getenv("CHROMIUM")
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		t.Skip("no Chromium: install it (apt-get install chromium) or name one in CHROMIUM to run this test")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.DisableGPU)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run a sandbox as root
	}
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocated, chromedp.WithListener(func(event any) {
		if thrown, ok := event.(*runtime.EventExceptionThrown); ok {
			t.Errorf("the page's script failed: %s", failure(thrown))
		}
	}))
	t.Cleanup(func() { end(); stop() })
	b := &Browser{t, ctx}
	b.Do(chromedp.Navigate("about:blank"))
	return b
}

// failure describes an exception that a script did not catch.
func failure(thrown *runtime.EventExceptionThrown) string {
	d := thrown.ExceptionDetails
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

// Do runs actions and fails the test if one fails.
func (b *Browser) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// Look sets the width of the window in px, and whether the reader prefers dark mode.
func (b *Browser) Look(width int64, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.Do(chromedp.EmulateViewport(width, 900), func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return chromedp.Void{}, err
	})
}

// Open loads a page and waits until its scripts have run.
func (b *Browser) Open(url string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(url))
}

// Hover moves the pointer onto the middle of the first element that matches.
func (b *Browser) Hover(selector string) {
	b.t.Helper()
	at := Eval[[]float64](b, "(() => { const e = document.querySelector(`"+selector+"`); e.scrollIntoView({block: "+
		"'center', behavior: 'instant'});"+
		"const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")
	// Move from elsewhere first, because a pointer that is already there triggers no event.
	b.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 1, 1),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
}

// Eval returns the value of a JavaScript expression.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Run runs JavaScript for what it does.
func (b *Browser) Run(script string) {
	b.t.Helper()
	Eval[bool](b, "(() => { "+script+"; return true; })()")
}

// Eventually waits until a JavaScript expression is true.
func (b *Browser) Eventually(expression string) {
	b.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !Eval[bool](b, expression) {
		if time.Now().After(deadline) {
			b.t.Fatalf("still false after a minute: %s", expression)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Shot writes a picture of the whole page to the folder named by the environment variable SCREENSHOTS, if it
// is set, for people to look at.
func (b *Browser) Shot(name string) {
	b.t.Helper()
	b.write(name, chromedp.FullScreenshot(100))
}

// View writes a picture of the visible part of the page, like Shot.
func (b *Browser) View(name string) {
	b.t.Helper()
	b.write(name, chromedp.CaptureScreenshot())
}

func (b *Browser) write(name string, take chromedp.Action[[]byte]) {
	b.t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	if !filepath.IsAbs(folder) {
		b.t.Fatalf("SCREENSHOTS is %s: want an absolute path", folder)
	}
	picture, err := chromedp.Run(b.ctx, take)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

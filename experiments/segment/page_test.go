package segment

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	protocol "github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"r2unet/evaluate/report/browsertest"
)

// drop drops a file onto the middle of the page's form, as from a folder's window.
func drop(b *browsertest.Browser, path string) {
	at := browsertest.Eval[[]float64](b, `(() => { scrollTo(0, 0);
		const r = document.querySelector("form").getBoundingClientRect(); return [r.x + r.width / 2, r.y + 20]; })()`)
	for _, kind := range []protocol.DispatchDragEventType{
		protocol.DispatchDragEventTypeDragEnter, protocol.DispatchDragEventTypeDragOver,
		protocol.DispatchDragEventTypeDrop,
	} {
		b.Do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, t, protocol.DispatchDragEvent, protocol.DispatchDragEventParams{
				Type: kind, X: at[0], Y: at[1],
				Data: &protocol.DragData{Files: []string{path}, DragOperationsMask: 1},
			})
			return chromedp.Void{}, err
		})
	}
}

const drawnView = `document.getElementById("view").complete && document.getElementById("view").naturalWidth === 120`

func TestPageShowsTheMaskOfADroppedPicture(t *testing.T) {
	b := browsertest.Start(t)
	url, _ := served(t, nil)
	dir := t.TempDir()
	put(t, picture(t, 120, 90), dir, "eye.png")
	put(t, []byte("hello"), dir, "text.txt")
	for _, look := range []struct {
		name  string
		width int64
		dark  bool
	}{{"wide", 1440, false}, {"narrow-dark", 390, true}} {
		b.Look(look.width, look.dark)
		b.Open(url)
		b.Shot("serve-empty-" + look.name)
		drop(b, filepath.Join(dir, "eye.png"))
		b.Eventually(`document.getElementById("state").textContent === "eye.png is segmented."`)
		b.Eventually(drawnView)
		b.Shot("serve-" + look.name)
		if got := browsertest.Eval[float64](b, "document.documentElement.scrollWidth"); got > float64(look.width) {
			t.Errorf("%s: the page is %g px wide", look.name, got)
		}
	}
	for _, kind := range []string{"mask", "probability", "picture", "overlay"} {
		b.Run("document.querySelector('input[name=show][value=" + kind + "]').click()")
		b.Eventually(drawnView + ` && document.getElementById("view").alt === "` + kind + ` of eye.png"`)
	}
	if got := browsertest.Eval[string](b, `document.getElementById("save-mask").download`); got != "eye_mask.png" {
		t.Errorf("the mask is saved as %q", got)
	}
	if got := browsertest.Eval[float64](b, `document.querySelectorAll("#areas tr").length`); got != 1 {
		t.Errorf("%g areas", got)
	}
	colour := `getComputedStyle(document.querySelector("#areas i")).backgroundColor`
	if got := browsertest.Eval[string](b, colour); got != "rgb(86, 180, 233)" { // the overlay's sky blue
		t.Errorf("the class has the colour %s", got)
	}
	drop(b, filepath.Join(dir, "text.txt"))
	b.Eventually(`document.getElementById("state").className === "wrong"`)
	b.Eventually(`document.getElementById("state").textContent.includes("this is no TIFF")`)
	b.Eventually(`document.getElementById("result").hidden`)
	b.Shot("serve-wrong")
}

func TestPageIsOperatedByKeyboard(t *testing.T) {
	b := browsertest.Start(t)
	url, _ := served(t, nil)
	dir := t.TempDir()
	put(t, picture(t, 120, 90), dir, "eye.png")
	b.Look(1440, false)
	b.Open(url)
	b.Do(chromedp.KeyEvent("\t"))
	if got := browsertest.Eval[string](b, "document.activeElement.id"); got != "file" {
		t.Fatalf("Tab goes to %q", got)
	}
	b.Do(chromedp.SetUploadFiles("#file", []string{filepath.Join(dir, "eye.png")}))
	b.Eventually(drawnView)
	b.Do(chromedp.KeyEvent("\t"))
	if got := browsertest.Eval[string](b, "document.activeElement.value"); got != "overlay" {
		t.Fatalf("Tab goes to %q", browsertest.Eval[string](b, "document.activeElement.outerHTML"))
	}
	b.Do(chromedp.KeyEvent(kb.ArrowDown))
	b.Eventually(`document.getElementById("view").alt === "mask of eye.png"`)
	b.Do(chromedp.KeyEvent("\t"))
	if got := browsertest.Eval[string](b, "document.activeElement.id"); got != "save-mask" {
		t.Errorf("Tab goes to %q", got)
	}
}

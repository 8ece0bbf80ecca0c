package main

import (
	"fmt"
	"io"
	"strings"
)

// warning stands above everything that a rehearsal shows.
const warning = "**REHEARSAL. No GPU was used: the simulator, PyTorch on the processor, tiny cases. " +
	"Nothing on this page is a measurement.**\n\n"

// Page writes a result as Markdown.
func Page(w io.Writer, r Result) error {
	var b strings.Builder
	title := "# The cuda device on a GPU"
	if r.Rehearsal {
		title = "# Rehearsal of the run on a GPU"
	}
	fmt.Fprintf(&b, "%s\n\n", title)
	if r.Rehearsal {
		b.WriteString(warning)
	}
	fmt.Fprintf(&b, "%s, commit %.12s, %s.\n\n", r.GPU, r.Commit, r.Date)
	count := map[string]int{}
	for _, s := range r.Steps {
		count[s.State]++
	}
	fmt.Fprintf(&b, "%d steps passed, %d failed, %d were skipped.\n\n", count["passed"], count["failed"],
		count["skipped"])
	for _, s := range r.Steps {
		switch s.State {
		case "failed":
			fmt.Fprintf(&b, "- **failed: %s**\n", s.Name)
		case "skipped":
			fmt.Fprintf(&b, "- skipped: %s, %s\n", s.Name, s.Reason)
		}
	}
	r.speeds(&b)
	r.agreement(&b)
	r.training(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Result) speeds(b *strings.Builder) {
	b.WriteString("\n## Speed beside PyTorch\n\nR2U-Net (t = 2), samples per second, one run of both; " +
		"PyTorch's better layout. \"Queued\" is our training without a wait after each step.\n\n")
	if len(r.Ratios) == 0 {
		b.WriteString("Not measured.\n")
		return
	}
	b.WriteString("| | images | ours | queued | PyTorch eager | compiled | ours / eager | goal | |\n" +
		"|---|---|---|---|---|---|---|---|---|\n")
	number := func(v float64, digits int) string {
		if v == 0 {
			return "–"
		}
		return fmt.Sprintf("%.*f", digits, v)
	}
	for _, x := range r.Ratios {
		verdict := "not reached"
		switch {
		case r.Rehearsal:
			verdict = "rehearsal"
		case x.TorchEager == 0:
			verdict = "not compared"
		case x.Reached:
			verdict = "reached"
		}
		fmt.Fprintf(b, "| %s %s | %d of %d×%d | %s | %s | %s | %s | %s | %.1f | %s |\n", x.Work, x.Precision, x.Batch,
			x.Size, x.Size,
			number(x.Ours, 0), number(x.Queued, 0), number(x.TorchEager, 0), number(x.TorchCompiled, 0),
			number(x.Ratio, 2), x.Goal, verdict)
	}
}

func (r Result) agreement(b *strings.Builder) {
	b.WriteString("\n## Agreement with PyTorch\n\n" +
		"Ten Adam steps, as ‖a − b‖/‖b‖ of the worst tensor from PyTorch's in float64.\n\n")
	if len(r.Agreement) == 0 {
		b.WriteString("Not measured.\n")
		return
	}
	b.WriteString("| | ours | PyTorch in float32 | allowed | |\n|---|---|---|---|---|\n")
	for _, a := range r.Agreement {
		verdict := "**too far**"
		if a.Ours <= a.Allowed {
			verdict = "agrees"
		}
		fmt.Fprintf(b, "| %s | %.1e | %.1e | %.1e | %s |\n", a.Quantity, a.Ours, a.TorchFloat32, a.Allowed, verdict)
	}
}

func (r Result) training(b *strings.Builder) {
	b.WriteString("\n## The same training on both devices\n\n")
	t := r.Training
	if !t.Measured {
		b.WriteString("Not run.\n")
		return
	}
	verdict := "not reached"
	switch {
	case r.Rehearsal:
		verdict = "rehearsal: the cpu device twice"
	case t.Reached:
		verdict = "reached"
	}
	fmt.Fprintf(b, "%s: AUC %.5f on cuda, %.5f on cpu, %.5f apart; the goal is %g: %s.\n", t.Run, t.CUDA, t.CPU,
		t.Difference, t.Goal, verdict)
}

package main

import (
	"context"
	"fmt"
	"strings"

	"r2unet/internal/cli"
	"r2unet/internal/nearest"
)

// verb is something else that the command does, with flags of its own.
type verb struct {
	name, does string
	run        func(ctx context.Context, args []string) error
}

// verbs are listed by -h in this order.
func verbs() []verb {
	return []verb{
		{"init", "look at a folder of pictures and write a matrix for it", runInit},
		{"audit", "check the arithmetic of printed tables", runAudit},
		{"claims", "test the claims of the paper on the runs of results folders", runClaims},
		{"plan", "list the runs of a profile with their cost, for those who distribute them", runPlan},
		{"run", "compute one run, beside others on this and other machines", runOne},
		{"collect", "make tables and the report of what is finished, on one machine or several", runCollect},
		{"status", "say which runs are finished, running, waiting or failed", runStatus},
		{"tables", "write tables, figures and report again, without the data", runTables},
		{"model", "keep the trained network of a run by a name, with a card", runModel},
		{"submit", "hand the runs of a profile to Slurm or Kubernetes", runSubmit},
	}
}

// split finds the verb of a command line, and the arguments for it. Without a verb, it is a sweep.
func split(args []string) (run func(ctx context.Context, args []string) error, rest []string, err error) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return sweep, args, nil
	}
	var names []string
	for _, v := range verbs() {
		if v.name == args[0] {
			return v.run, args[1:], nil
		}
		names = append(names, v.name)
	}
	hint := ""
	if near := nearest.Of(args[0], names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	} else if strings.HasSuffix(args[0], ".toml") {
		hint = "; a matrix is given as -config " + args[0]
	}
	return nil, nil, &cli.InputError{Err: fmt.Errorf("unknown verb %q; there are %s, and without one it is a sweep%s",
		args[0], strings.Join(names, ", "), hint)}
}

func describeVerbs() string {
	lines := []string{"verbs, each with a -h of its own:"}
	for _, v := range verbs() {
		lines = append(lines, fmt.Sprintf("  %-8s %s", v.name, v.does))
	}
	return strings.Join(lines, "\n")
}

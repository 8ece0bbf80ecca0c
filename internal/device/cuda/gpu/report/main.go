// Command report converts the output of run.sh in a folder into one JSON value, and that into a page:
//
//	report collect FOLDER >RESULT.json
//	report page RESULT.json >RESULT.md
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "report: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("expected collect FOLDER or page FILE")
	}
	switch args[0] {
	case "collect":
		r, err := Collect(args[1])
		if err != nil {
			return err
		}
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", " ")
		return out.Encode(r)
	case "page":
		content, err := os.ReadFile(args[1])
		if err != nil {
			return err
		}
		var r Result
		if err := json.Unmarshal(content, &r); err != nil {
			return fmt.Errorf("%s: %w", args[1], err)
		}
		return Page(os.Stdout, r)
	}
	return fmt.Errorf("unknown command %q: expected collect or page", args[0])
}

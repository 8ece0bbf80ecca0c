// Command keys writes docs/keys.md, the reference of every key of the TOML file, from the structs that the file is
// decoded into: the meaning of a key is its field's comment, and its values are those that the program asks for when
// it is given an impossible one.
//
//	go generate ./experiments/matrix
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// pagePath is where the reference is, from the repository's root.
const pagePath = "docs/keys.md"

func main() {
	root := flag.String("root", ".", "`folder` of the repository")
	flag.Parse()
	text, err := page(*root)
	if err == nil {
		err = os.WriteFile(filepath.Join(*root, pagePath), []byte(text), 0o666)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "keys:", err)
		os.Exit(1)
	}
}

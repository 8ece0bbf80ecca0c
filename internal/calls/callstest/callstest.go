// Package callstest lists the operators of package calls, for tests that check that none is missing.
package callstest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"r2unet/internal/device"
)

// Types returns the names of all types with a Definition in the source of package calls, in folder dir: "Conv",
// "ConvGradX".
func Types(t *testing.T, dir string) []string {
	t.Helper()
	return With(t, dir, "Definition")
}

// With is Types for the types with another method.
func With(t *testing.T, dir, method string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != method {
				continue
			}
			receiver := f.Recv.List[0].Type
			if pointer, ok := receiver.(*ast.StarExpr); ok {
				receiver = pointer.X
			}
			types = append(types, receiver.(*ast.Ident).Name)
		}
	}
	if len(types) == 0 {
		t.Fatalf("no operators in %s", dir)
	}
	slices.Sort(types)
	return types
}

// TypeOf returns the name of a call's type in the form that Types uses.
func TypeOf(call device.Call) string { return reflect.TypeOf(call).Elem().Name() }

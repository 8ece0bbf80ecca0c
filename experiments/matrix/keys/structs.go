package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// field is a key of a table: a field of the struct that the table is decoded into.
type field struct {
	key     string
	name    string // of the field in Go
	kind    string // its type in Go
	comment string // on one line, without the field's name at its beginning
}

// fields lists the keys of a struct, in its order, from the sources of its package. Embedded structs are left out:
// they are tables of the page themselves, or groups as augment.Probabilities.
func fields(root, dir, structure string) ([]field, error) {
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		var found *ast.StructType
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == structure {
				found, _ = spec.Type.(*ast.StructType)
			}
			return found == nil
		})
		if found != nil {
			return keysOf(found)
		}
	}
	return nil, fmt.Errorf("%s has no struct %s", dir, structure)
}

func keysOf(structure *ast.StructType) ([]field, error) {
	var all []field
	for _, f := range structure.Fields.List {
		if f.Tag == nil || len(f.Names) != 1 {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			return nil, err
		}
		key, _, _ := strings.Cut(reflect.StructTag(tag).Get("toml"), ",")
		if key == "" || key == "-" {
			continue
		}
		comment := strings.TrimSpace(f.Doc.Text() + f.Comment.Text())
		all = append(all, field{key, f.Names[0].Name, kindOf(f.Type), strings.Join(strings.Fields(comment), " ")})
	}
	for i := range all {
		all[i].comment = inWordsOfTOML(all, i)
	}
	return all, nil
}

// kindOf writes a type as in Go, without its package.
func kindOf(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.SelectorExpr:
		return t.Sel.Name
	case *ast.StarExpr:
		return kindOf(t.X)
	case *ast.ArrayType:
		if length, ok := t.Len.(*ast.BasicLit); ok {
			return "[" + length.Value + "]" + kindOf(t.Elt)
		}
		return "[]" + kindOf(t.Elt)
	case *ast.MapType:
		return "map"
	}
	return ""
}

// inWordsOfTOML is a field's comment with keys in place of fields, and without the field's name in front: "Patience
// ends training" is "ends training", "Patch is the side of a patch" is "the side of a patch".
func inWordsOfTOML(all []field, i int) string {
	text := all[i].comment
	if rest, ok := strings.CutPrefix(text, all[i].name+" "); ok {
		text = regexp.MustCompile(`^(is|are) `).ReplaceAllString(rest, "")
	}
	for _, f := range all {
		inside := regexp.MustCompile(`([^.] )` + f.name + `\b`) // not at the beginning of a sentence
		text = inside.ReplaceAllString(text, "${1}`"+f.key+"`")
	}
	return text
}

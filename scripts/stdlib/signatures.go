// SPDX-License-Identifier: MIT

// Prints the signatures of exported functions and methods of packages, one a line: see ../stdlib-signatures.
//
//	net/http.(*ServeMux).ServeHTTP	mux *net/http.ServeMux;w net/http.ResponseWriter;r *net/http.Request
//	os.Open	name string=*os.File;error
//
// and what the types in them are that have a name and are no structs:
//
//	type	net/http.Header	map[string][]string
package main

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"os"
	"strings"
)

// Those that are not exported, but what a server or a client does comes by them.
var others = map[string]bool{
	"net/http.(*conn).serve":            true,
	"net/http.(*Client).do":             true,
	"net/http.(*Client).send":           true,
	"net/http.(*Transport).roundTrip":   true,
	"net/http.(*Transport).getConn":     true,
	"net/http.(*persistConn).roundTrip": true,
	"database/sql.(*DB).query":          true,
	"database/sql.(*DB).queryDC":        true,
	"database/sql.(*DB).exec":           true,
	"database/sql.(*DB).execDC":         true,
	"database/sql.(*DB).conn":           true,
	"database/sql.(*DB).begin":          true,
	"database/sql.(*DB).prepare":        true,
	"os.openFileNolog":                  true,
}

var named = map[string]string{}

// Go 1.23 and newer keep other names of types, such as os.FileMode, apart: what it is instead.
func plain(t types.Type) types.Type {
	for {
		alias, ok := t.(interface{ Rhs() types.Type })
		if !ok {
			return t
		}
		t = alias.Rhs()
	}
}

func text(t types.Type) string {
	switch t := plain(t).(type) {
	case *types.Pointer:
		return "*" + text(t.Elem())
	case *types.Slice:
		return "[]" + text(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), text(t.Elem()))
	case *types.Map:
		return "map[" + text(t.Key()) + "]" + text(t.Elem())
	case *types.Chan:
		return [...]string{"chan ", "chan<- ", "<-chan "}[t.Dir()] + text(t.Elem())
	case *types.Signature:
		return "func"
	case *types.Interface:
		if t.Empty() {
			return "any"
		}
		return "interface"
	default:
		return types.TypeString(t, func(p *types.Package) string { return p.Path() })
	}
}

// Whether a row can hold it.
func isPlain(t types.Type) bool {
	switch t := plain(t).(type) {
	case *types.Struct, *types.TypeParam, *types.Tuple, *types.Union:
		return false
	case *types.Pointer:
		return isPlain(t.Elem())
	case *types.Slice:
		return isPlain(t.Elem())
	case *types.Array:
		return isPlain(t.Elem())
	case *types.Chan:
		return isPlain(t.Elem())
	case *types.Map:
		return isPlain(t.Key()) && isPlain(t.Elem())
	case *types.Named:
		note(t)
		return t.TypeArgs() == nil
	}
	return true
}

func note(t *types.Named) {
	if t.Obj().Pkg() == nil || named[text(t)] != "" {
		return
	}
	if _, isStruct := t.Underlying().(*types.Struct); !isStruct {
		named[text(t)] = text(t.Underlying())
		isPlain(t.Underlying())
	}
}

func tell(name string, signature *types.Signature) {
	var parameters, results []string
	add := func(v *types.Var, to *[]string) bool {
		word := text(v.Type())
		if v.Name() != "" && v.Name() != "_" {
			word = v.Name() + " " + word
		}
		*to = append(*to, word)
		return isPlain(v.Type())
	}
	ok := true
	if signature.Recv() != nil {
		ok = add(signature.Recv(), &parameters)
	}
	for i := 0; i < signature.Params().Len(); i++ {
		ok = add(signature.Params().At(i), &parameters) && ok
	}
	for i := 0; i < signature.Results().Len(); i++ {
		ok = add(signature.Results().At(i), &results) && ok
	}
	if ok && signature.Params().Len() > 0 && signature.TypeParams() == nil {
		fmt.Printf("%s\t%s=%s\n", name, strings.Join(parameters, ";"), strings.Join(results, ";"))
	}
}

func methods(path, name string, object *types.TypeName) {
	t, ok := object.Type().(*types.Named)
	if !ok || object.IsAlias() || t.TypeParams() != nil {
		return
	}
	for i := 0; i < t.NumMethods(); i++ {
		method := t.Method(i)
		signature := method.Type().(*types.Signature)
		receiver := name
		if _, ok := signature.Recv().Type().(*types.Pointer); ok {
			receiver = "(*" + name + ")"
		}
		full := path + "." + receiver + "." + method.Name()
		if method.Exported() || others[full] {
			tell(full, signature)
		}
	}
}

func main() {
	load := importer.ForCompiler(token.NewFileSet(), "source", nil)
	for _, path := range os.Args[1:] {
		pkg, err := load.Import(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, name := range pkg.Scope().Names() {
			switch object := pkg.Scope().Lookup(name).(type) {
			case *types.Func:
				if object.Exported() || others[path+"."+name] {
					tell(path+"."+name, object.Type().(*types.Signature))
				}
			case *types.TypeName:
				methods(path, name, object)
			}
		}
	}
	for name, under := range named {
		fmt.Printf("type\t%s\t%s\n", name, under)
	}
}

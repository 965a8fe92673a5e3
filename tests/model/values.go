// SPDX-License-Identifier: MIT

// Values of any type, and what a call is given and returns in the journal, as tests/fixtures/typed/tell.go tells it.
package main

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"
)

type vKind uint8
type vPair struct{ X, Y int }
type vMixed struct {
	a uint8
	b string
	c float64
	d vPair
	e bool
	_ uint32
	f [1]int16
}
type vNested struct {
	name  string
	pairs [3]vPair
	bytes []byte
	any   interface{}
	next  *vNested
	kind  vKind
}
type vNode struct {
	value int
	next  *vNode
}

// More levels than the tracer shows.
const fillDepth = 5

func init() { namesTypes = true }

// give fills the variables of a call that is about to be made.
func (j *jrn) give(pointers ...interface{}) {
	j.fill(pointers...)
	j.given(pointers...)
}

func (j *jrn) given(pointers ...interface{}) { j.keep(given, pointers) }
func (j *jrn) got(pointers ...interface{})   { j.keep(got, pointers) }

func (j *jrn) keep(kind int, pointers []interface{}) {
	values := []*told{}
	for _, pointer := range pointers {
		values = append(values, describe(reflect.ValueOf(pointer).Elem()))
	}
	j.values = append(j.values, values)
	j.add(kind, len(j.values)-1)
}

func (j *jrn) fill(pointers ...interface{}) {
	for _, pointer := range pointers {
		j.put(reflect.ValueOf(pointer).Elem(), 0)
	}
}

// word is a number of any size, small ones more often.
func (j *jrn) word() int64 {
	return (int64(j.n(1<<62)) - 1<<61) >> j.n(63)
}

func (j *jrn) text() string {
	text := strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 6)[j.n(36):][:j.n(30)]
	if j.odds(8) {
		text = strings.Repeat(text+"-", 1+j.n(8))
	}
	if j.odds(8) {
		text += "h\u00e9 \"\n\x00<&"
	}
	return text
}

func hello() {}

// One in so many is nil.
func (j *jrn) isNil(depth int) bool { return depth == fillDepth || j.odds(5) }

func (j *jrn) put(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(j.odds(2))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(j.word())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(uint64(j.word()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(j.n(1000)) / 8)
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(float64(j.n(100)), float64(j.n(100))/4))
	case reflect.String:
		v.SetString(j.text())
	case reflect.Array:
		for i := 0; i < v.Len(); i++ {
			j.put(v.Index(i), depth)
		}
	case reflect.Struct:
		j.putStruct(v, depth)
	default:
		if !j.isNil(depth) {
			j.putReference(v, depth+1)
		}
	}
}

func (j *jrn) putStruct(v reflect.Value, depth int) {
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		*at = time.Unix(int64(j.n(4000000000)), int64(j.n(1000000000)))
		return
	}
	for i := 0; i < v.NumField(); i++ {
		j.put(member(v, i), depth)
	}
}

func (j *jrn) putReference(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), j.n(24), 24))
		for i := 0; i < v.Len(); i++ {
			if v.Type().Elem().Kind() == reflect.Uint8 {
				v.Index(i).SetUint(uint64('a' + j.n(26)))
			} else {
				j.put(v.Index(i), depth)
			}
		}
	case reflect.Ptr:
		v.Set(reflect.New(v.Type().Elem()))
		j.put(v.Elem(), depth)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		size := j.n(6)
		if j.odds(4) {
			size = j.n(40) // more than a group or a bucket has room for
		}
		for i := size; i > 0; i-- {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			j.put(key, depth)
			if key.Kind() == reflect.String {
				key.SetString("k" + strconv.Itoa(i)) // a name that is written as it is
			}
			j.put(value, depth)
			v.SetMapIndex(key, value)
		}
	case reflect.Chan:
		v.Set(reflect.MakeChan(v.Type(), 8))
		for i := j.n(9); i > 0; i-- {
			v.Send(reflect.New(v.Type().Elem()).Elem())
		}
	case reflect.Func:
		v.Set(reflect.ValueOf(hello))
	case reflect.Interface:
		v.Set(reflect.ValueOf(j.any(v.Type())))
	}
}

// any is what may be in an interface.
func (j *jrn) any(of reflect.Type) interface{} {
	if of.NumMethod() > 0 {
		if j.odds(2) {
			return errors.New(j.text())
		}
		return custom{j.text()}
	}
	switch j.n(6) {
	case 0:
		return int(j.word())
	case 1:
		return j.text()
	case 2:
		return vPair{j.n(100), int(j.word())}
	case 3:
		return &vPair{j.n(100), int(j.word())}
	case 4:
		return vKind(j.n(200))
	default:
		return time.Duration(j.word())
	}
}

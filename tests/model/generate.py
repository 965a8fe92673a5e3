# SPDX-License-Identifier: MIT
"""Random Go programs that keep a journal of their own calls (journal.go)."""

import random

TYPES = ["int", "int8", "uint16", "rune", "uint64", "bool", "uintptr", "string", "float64", "float32", "complex128",
         "[]byte", "[]int", "[]string", "[]vPair", "[]*vPair", "[1]int", "[3]int", "[2]string", "interface{}", "error",
         "struct{ a, b int }", "vPair", "vMixed", "vNested", "*int", "*string", "*vPair", "*vMixed", "**vPair", "*vNode",
         "map[string]int", "map[int]vPair", "chan int", "func()", "time.Duration", "time.Time", "vKind"]
RESULTS = [[], [], ["int"], ["string"], ["int", "error"], ["[5]int"], ["vPair"], ["*vMixed", "bool"], ["interface{}"],
           ["[]string", "uint8"], ["float64", "int16"], ["vMixed", "string", "error"]]
GENERIC = ["int", "string", "float64", "[]int", "struct{ a int }", "vPair", "vKind", "*vPair", "*vKind", "[]*vPair",
           "map[string]int", "map[int]vPair", "error", "interface{}"]
# What a generic function of T takes, and returns.
FORMS = ["T", "T", "[]T", "[2]T", "*T", "map[string]T", "struct{ f T; n int }"]
LEAVES = ["return x*3 + 1", "return x ^ 77", "for x > 3 { x -= 3 }; return x", "for { x++; if x > 9 { return x } }",
          "for i := range &steps { x += steps[i] }; return x", "if x == 3 { return 1 }; return x / 2"]


class Function:
    """One generated function: its signature, and how it is called."""

    def __init__(self, rnd, name):
        self.name = name
        self.parameters = [rnd.choice(TYPES) for _ in range(rnd.choice([0, 0, 1, 1, 2, 3, 5, 11]))]
        self.place = rnd.randrange(len(self.parameters) + 1)  # of the journal
        self.results = rnd.choice(RESULTS)
        self.has_names = rnd.random() < 0.5  # the results

    def declaration(self):
        listed = [f"p{number} {kind}" for number, kind in enumerate(self.parameters)]
        listed.insert(self.place, "j *jrn")
        results = [f"{name} {kind}" if self.has_names else kind
                   for name, kind in zip(self.result_names(), self.results)]
        return f"func {self.name}({', '.join(listed)}) ({', '.join(results)})"

    def result_names(self):
        return [f"r{number}" for number in range(len(self.results))]

    def call(self, k):
        """Statements; the values are any. k: the record of the call that it is made by."""
        given = [f"a{number}" for number in range(len(self.parameters))]
        text = "".join(f"var {name} {kind}; " for name, kind in zip(given, self.parameters))
        text += f"j.give({pointers(given)}); "
        given.insert(self.place, "j")
        got = self.result_names()
        text += f"{', '.join(got)} := " if got else ""
        text += f"{self.name}({', '.join(given)}); j.B({k})"
        return text + (f"; j.got({pointers(got)})" if got else "")


def pointers(names):
    return ", ".join(f"&{name}" for name in names)


class Program:
    """The program of one seed; ids of functions begin at `base`."""

    def __init__(self, seed, base, has_ranges):
        self.has_ranges = has_ranges
        self.rnd = random.Random(seed)
        self.seed = seed
        self.next_id = base
        self.lines = []
        self.wrappers = {}  # id -> name, or ("of", id of the function that has the wrapper)
        self.leaves = {}    # id -> name
        self.prefix = f"f{seed}_"
        self.functions = [Function(self.rnd, f"{self.prefix}{n}") for n in range(self.rnd.randint(5, 12))]
        self.deferred = [f"{self.prefix}d{n}" for n in range(2)]
        self.generic = [(f"{self.prefix}g{n}", self.rnd.choice(FORMS)) for n in range(3)]
        self.simple = [f"{self.prefix}l{n}" for n in range(3)]
        self.type = f"fT{seed}"
        self.names = []     # that may be targets
        self.temporary = 0
        self.owner_defers = False  # the function that is being written has something deferred

    def id(self):
        self.next_id += 1
        return self.next_id

    def enter(self, indent, variable, number=None):
        """The journal of an entry; the variable names it."""
        self.out(indent, f"{variable} := j.E({number or self.id()})")
        self.out(indent, f"_ = {variable}")

    def wrapper(self, what):
        number = self.id()
        self.wrappers[number] = what
        return number

    def out(self, indent, text):
        self.lines.append("\t" * indent + text)

    # ---- statements ----

    def call_leaf(self, indent, k):
        name = self.rnd.choice(self.simple)
        number = self.id()
        self.leaves[number] = f"main.{name}"
        self.out(indent, f"x := j.n(50); j.given(&x); j.L({number}); got := {name}(x); j.got(&got); j.zero += got * 0")

    def call_function(self, indent, k):
        self.out(indent, self.rnd.choice(self.functions).call(k))

    def call_loop(self, indent, k):
        self.out(indent, f"for i := j.n({self.rnd.randint(2, 4)}); i >= 0; i-- {{")
        self.call_function(indent + 1, k)
        self.out(indent, "}")

    def call_generic(self, indent, k):
        (name, form), kind = self.rnd.choice(self.generic), self.rnd.choice(GENERIC)
        self.out(indent, f"var value {form.replace('T', kind)}; j.give(&value)")
        self.out(indent, f"got := {name}[{kind}](j, value); j.B({k}); j.got(&got)")

    def call_deep(self, indent, k):
        self.out(indent, f"depth := j.n({self.rnd.choice([20, 60, 150])}); j.given(&depth)")
        self.out(indent, f"got := {self.prefix}deep(j, depth); j.B({k}); j.got(&got)")
        if self.rnd.random() < 0.5:
            self.out(indent, "collect()")

    def call_method(self, indent, k):
        """Through an interface: the compiler's wrappers lie between."""
        kind, method = self.rnd.randrange(7), self.rnd.randrange(2)
        inner = f"main.(*{self.type}).M1"
        chains = [
            [[], [inner]],                                     # &A
            [[f"main.(*{self.type}p).M0"], [f"main.(*{self.type}p).M1"]],  # &P{*A}
            [[f"main.(*{self.type}p).M0"], [f"main.(*{self.type}p).M1"]],  # P{*A}
            [[f"main.(*{self.type}v).M0"], [f"main.(*{self.type}v).M1"]],  # &V{A}
            [[f"main.(*{self.type}i).M0"], [f"main.(*{self.type}i).M1", inner]],  # &I{interface}
            [[f"main.(*{self.type}i).M0"], [f"main.(*{self.type}i).M1", inner]],  # I{interface}
            [[f"main.(*{self.type}i).M0", f"main.(*{self.type}p).M0"],
             [f"main.(*{self.type}i).M1", f"main.(*{self.type}p).M1"]],  # &I{&P{*A}}
        ]
        chain = list(chains[kind][method])
        called = f"s{self.seed}objects[{kind}+j.zero].M{method}"
        way = self.rnd.randrange(4)
        if way == 0:
            called = f"hide({called})"
            chain.insert(0, f"main.{self.type}I.M{method}-fm")
        elif way == 1:
            called = f"hide(s{self.seed}concrete.M{method})"
            dot = f"(*{self.type})" if method == 0 else self.type
            chain = [f"main.{dot}.M{method}-fm"]
        elif way == 2:
            called = f"(*{self.type}).M0" if method == 0 else f"({self.type}).M1"
            chain = []
        for name in chain:
            self.out(indent, f"j.W({self.wrapper(name)})")
        self.out(indent, "var x int; j.give(&x)")
        if way == 2:
            receiver = f"s{self.seed}concrete" if method == 0 else f"*s{self.seed}concrete"
            self.out(indent, f"{called}({receiver}, j, x)")
        else:
            self.out(indent, f"{called}(j, x)")
        self.out(indent, f"j.B({k})")

    def call_closure(self, indent, k):
        self.temporary += 1
        name, own = f"c{self.temporary}", f"k{self.temporary}"
        self.out(indent, f"{name} := hide(func(j *jrn, x int) {{")
        self.enter(indent + 1, own)
        has_defer = self.rnd.random() < 0.3
        if has_defer:
            self.defer_closure(indent + 1, own)
        self.statements(indent + 1, own, 2, False)
        if not has_defer:
            self.out(indent + 1, f"j.R({own})")
        self.out(indent, "})")
        self.out(indent, f"x{self.temporary} := 1; j.give(&x{self.temporary})")
        self.out(indent, f"{name}(j, x{self.temporary})")
        self.out(indent, f"j.B({k})")

    def recovery(self, indent, k, own):
        self.out(indent, "if reason := recover(); reason != nil {")
        self.out(indent + 1, f"j.X({k})")
        self.out(indent, "}")

    def deferred_body(self, indent, k, own):
        before, after = self.rnd.choice([(0, 0), (0, 1), (1, 0), (1, 1)])
        self.statements(indent, own, before, False)
        if self.rnd.random() < 0.5:
            self.recovery(indent, k, own)
        self.statements(indent, own, after, False)
        self.out(indent, f"j.R({own})")

    def defer_closure(self, indent, k):
        self.temporary += 1
        own = f"k{self.temporary}"
        self.out(indent, "defer func() {")
        self.enter(indent + 1, own)
        self.deferred_body(indent + 1, k, own)
        self.out(indent, "}()")

    def defer_function(self, indent, k, owner):
        self.out(indent, f"defer {self.rnd.choice(self.deferred)}(j, {k}, {self.wrapper(('of', owner))})")

    def defers(self, indent, k, owner):
        for _ in range(self.rnd.choice([1, 1, 2, 3])):
            shape = self.rnd.randrange(4)
            inside = indent
            if shape == 1:
                self.out(indent, f"if j.odds({self.rnd.randint(2, 3)}) {{")
                inside += 1
            elif shape == 2:
                self.out(indent, f"for i := j.n({self.rnd.randint(2, 4)}); i >= 0; i-- {{")
                inside += 1
            if owner and self.rnd.random() < 0.4:
                self.defer_function(inside, k, owner)
            else:
                self.defer_closure(inside, k)
            if inside > indent:
                self.out(indent, "}")

    def panic(self, indent, k):
        self.out(indent, f"if j.may({self.rnd.randint(2, 6)}) {{")
        self.out(indent + 1, f"toss(j, {self.rnd.randrange(7)})")
        self.out(indent, "}")

    def goexit(self, indent, k):
        self.out(indent, f"if j.odds({self.rnd.randint(10, 30)}) {{")
        self.out(indent + 1, "j.G()")
        self.out(indent, "}")

    def spawn(self, indent, k):
        self.temporary += 1
        own = f"k{self.temporary}"
        self.out(indent, "if j.level < 2 {")
        self.out(indent + 1, f"spawn({self.seed}, j.level+1, j.state, 12, []func(*jrn){{func(j *jrn) {{")
        self.enter(indent + 2, own)
        self.call_function(indent + 2, own)
        self.out(indent + 2, f"j.R({own})")
        self.out(indent + 1, "}})")
        self.out(indent, "}")

    def range_function(self, indent, k):
        """The loop's body is a function, whose defers are its owner's."""
        self.temporary += 1
        own = f"k{self.temporary}"
        self.out(indent, f"for i := range repeat(j.n(3)) {{")
        self.enter(indent + 1, own)
        if k == "k" and self.owner_defers:
            self.defer_closure(indent + 1, k)
        self.statements(indent + 1, own, 2, False)
        self.out(indent + 1, f"j.R({own})")
        self.out(indent + 1, f"if i == {self.rnd.randrange(3)} {{")
        self.out(indent + 2, self.rnd.choice(["break", "continue"]))
        self.out(indent + 1, "}")
        self.out(indent, "}")
        self.out(indent, f"j.B({k})")

    def pause(self, indent, k):
        self.out(indent, "runtime.Gosched()")

    def statements(self, indent, k, count, big=True):
        choices = [(self.call_function, 10), (self.call_loop, 3), (self.call_method, 5), (self.call_generic, 2),
                   (self.call_deep, 1), (self.pause, 1), (self.spawn, 1), (self.call_leaf, 3)]
        if big:
            choices.append((self.call_closure, 4))
            if self.has_ranges:
                choices.append((self.range_function, 4))
        for _ in range(count):
            if self.rnd.random() < 0.25:
                self.panic(indent, k)
                continue
            if self.rnd.random() < 0.08:
                self.goexit(indent, k)
                continue
            what = self.rnd.choices([one for one, _ in choices], [weight for _, weight in choices])[0]
            self.out(indent, f"if j.more({self.rnd.choice([1, 1, 2, 3])}) {{")
            what(indent + 1, k)
            self.out(indent, "}")

    # ---- functions ----

    def body(self, k="k", owner=None, may_defer=True, count=None, function=None):
        """From the entry to the end of a function that is called, not deferred."""
        number = owner or self.id()
        self.enter(1, "k", number)
        early = self.rnd.random() < 0.5
        if function and early:
            self.results(function)
        if self.rnd.random() < 0.4:
            self.out(1, f"var pad [{self.rnd.choice([16, 100, 500, 3000, 9000])}]byte")
            self.out(1, "use(pad[:])")
        has_defer = may_defer and self.rnd.random() < 0.4
        if self.rnd.random() < 0.1:
            self.out(1, "if recover() != nil {")
            self.out(2, 'panic("impossible")')
            self.out(1, "}")
        if has_defer:
            self.defers(1, "k", number)
        self.owner_defers = has_defer
        self.statements(1, "k", self.rnd.randint(1, 4) if count is None else count)
        self.owner_defers = False
        if function and not early:
            self.results(function)
        if not has_defer:
            self.out(1, "j.R(k)")
        if function and function.results:
            self.out(1, f"return {', '.join(function.result_names())}")
        self.out(0, "}")
        self.out(0, "")

    def results(self, function):
        """What it will return: also where it does so after a panic, if they have names."""
        names = function.result_names()
        if not function.has_names:
            for name, kind in zip(names, function.results):
                self.out(1, f"var {name} {kind}")
        if names:
            self.out(1, f"j.fill({pointers(names)})")

    def function(self, function):
        self.names.append(f"main.{function.name}")
        if not function.parameters and not function.results and self.rnd.random() < 0.5:
            self.nosplit_function(function)
            return
        self.out(0, "//go:noinline")
        self.out(0, function.declaration() + " {")
        self.body(function=function)

    def nosplit_function(self, function):
        """Without a stack check, and so with next to no frame."""
        self.out(0, "//go:nosplit")
        self.out(0, "//go:noinline")
        self.out(0, function.declaration() + " {")
        self.enter(1, "k")
        self.out(1, "if j.more(2) {")
        self.out(2, f"{self.prefix}deep(j, 1)")
        self.out(2, "j.B(k)")
        self.out(1, "}")
        self.out(1, "j.R(k)")
        self.out(0, "}")
        self.out(0, "")

    def deferred_function(self, name):
        self.out(0, "//go:noinline")
        self.out(0, f"func {name}(j *jrn, frame, wrapper int) {{")
        self.out(1, "j.W(wrapper)")
        self.enter(1, "k")
        self.deferred_body(1, "frame", "k")
        self.out(0, "}")
        self.out(0, "")
        self.names.append(f"main.{name}")

    def generic_function(self, name, form):
        self.out(0, "//go:noinline")
        self.out(0, f"func {name}[T any](j *jrn, value {form}) {form} {{")
        self.enter(1, "k")
        self.statements(1, "k", 2, False)
        self.out(1, "j.R(k)")
        self.out(1, "return value")
        self.out(0, "}")
        self.out(0, "")
        self.names.append(f"main.{name}[...]")

    def deep_function(self):
        self.out(0, "//go:noinline")
        self.out(0, f"func {self.prefix}deep(j *jrn, depth int) int {{")
        self.enter(1, "k")
        self.out(1, f"var pad [{self.rnd.choice([8, 64, 600])}]byte")
        self.out(1, "use(pad[:])")
        has_defer = self.rnd.random() < 0.3
        if has_defer:
            self.defer_closure(1, "k")
        self.out(1, "if depth > 0 {")
        self.out(2, f"{self.prefix}deep(j, depth-1)")
        self.out(2, "j.B(k)")
        self.out(1, "} else {")
        self.statements(2, "k", 2, False)
        self.out(1, "}")
        if not has_defer:
            self.out(1, "j.R(k)")
        self.out(1, "return int(pad[3])")
        self.out(0, "}")
        self.out(0, "")
        self.names.append(f"main.{self.prefix}deep")

    def methods(self):
        name = self.type
        self.out(0, f"type {name} struct {{ pad [{self.rnd.randint(1, 5)}]int }}")
        self.out(0, f"type {name}I interface {{ M0(j *jrn, x int); M1(j *jrn, x int) }}")
        offset = self.rnd.choice(["", "pad int; "])
        self.out(0, f"type {name}p struct {{ {offset}*{name}; more int }}")
        self.out(0, f"type {name}v struct {{ {offset}{name}; more int }}")
        self.out(0, f"type {name}i struct {{ {offset}{name}I; more int }}")
        self.out(0, f"var s{self.seed}concrete = &{name}{{}}")
        self.out(0, f"var s{self.seed}objects = []{name}I{{")
        self.out(1, f"&{name}{{}}, &{name}p{{{name}: &{name}{{}}}}, {name}p{{{name}: &{name}{{}}}}, &{name}v{{}},")
        self.out(1, f"&{name}i{{{name}I: &{name}{{}}}}, {name}i{{{name}I: &{name}{{}}}},")
        self.out(1, f"&{name}i{{{name}I: &{name}p{{{name}: &{name}{{}}}}}},")
        self.out(0, "}")
        self.out(0, "")
        for number, receiver in enumerate([f"*{name}", name]):
            self.out(0, "//go:noinline")
            self.out(0, f"func (t {receiver}) M{number}(j *jrn, x int) {{")
            self.body(count=2)
            dot = f"({receiver})" if number == 0 else receiver
            self.names.append(f"main.{dot}.M{number}")
        self.names.append(f"main.(*{name}p).M0")

    def generate(self):
        for function in self.functions:
            self.function(function)
        for name in self.deferred:
            self.deferred_function(name)
        for name, form in self.generic:
            self.generic_function(name, form)
        for name in self.simple:
            self.out(0, "//go:noinline")
            self.out(0, f"func {name}(x int) int {{ {self.rnd.choice(LEAVES)} }}")
        self.deep_function()
        self.methods()
        self.out(0, f"func program{self.seed}() {{")
        for number in range(self.rnd.randint(2, 4)):
            roots = [f"func(j *jrn) {{ {self.rnd.choice(self.functions).call(-1)} }}"
                     for _ in range(self.rnd.randint(4, 12))]
            state = self.rnd.getrandbits(60)
            fuel = self.rnd.choice([10, 30, 60, 150])
            self.out(1, f"spawn({self.seed}, 0, {state}, {fuel}, []func(*jrn){{{', '.join(roots)}}})")
        self.out(0, "}")
        self.out(0, "")
        return self


REPEAT = """
//go:noinline
func repeat(times int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i <= times; i++ {
			if !yield(i) {
				return
			}
		}
	}
}
"""


def generate(seeds, has_ranges=False):
    """One Go file of the programs of these seeds, what is to be known of them, and each one's functions.
    has_ranges: with loops over functions (Go 1.23)."""
    programs, base = [], 0
    for seed in seeds:
        programs.append(Program(seed, base, has_ranges).generate())
        base = programs[-1].next_id
    lines = ["package main", "", "import (", "\t\"runtime\"", "\t\"time\"", ")", "", "var _ = runtime.Gosched", "", "var _ time.Time", "",
             "var steps = [3]int{1, 2, 3}", ""]
    lines += REPEAT.splitlines() if has_ranges else []
    for program in programs:
        lines += program.lines
    lines.append("var programs = []func(){" + ", ".join(f"program{seed}" for seed in seeds) + "}")
    known = {"wrappers": {}, "leaves": {}}
    for program in programs:
        known["wrappers"].update(program.wrappers)
        known["leaves"].update(program.leaves)
    targets = {program.seed: program.names for program in programs}
    return "\n".join(lines) + "\n", known, targets

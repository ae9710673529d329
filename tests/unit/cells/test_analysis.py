from __future__ import annotations

import sys

import pytest

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.names import Binding, BindingKind, CellNames, Sureness, Use


def marked(entries: tuple[Use | Binding, ...]) -> str:
    return " ".join(sorted(f"{entry.name}{'?' if entry.maybe else ''}" for entry in entries))


def told(names: CellNames) -> dict[str, str]:
    """Everything that is known of a cell as short texts; what there is nothing of is left out."""
    facts = {
        "reads": marked(names.reads),
        "binds": marked(names.binds),
        "mutates": " ".join(sorted(mutation.name for mutation in names.mutates)),
        "suspects": " ".join(sorted(mutation.name for mutation in names.suspects)),
        "deletes": " ".join(use.name for use in names.deletes),
        "gone": " ".join(use.name for use in names.gone),
        "late": " ".join(sorted(use.name for use in names.late)),
        "unknown": " ".join(unknown.what for unknown in names.unknown),
        "problem": str(names.problem or ""),
    }
    return {fact: value for fact, value in facts.items() if value}


def check(source: str, **wanted: str) -> None:
    assert told(analyse(source)) == wanted


ORDER = {
    "read, then bound": ("x = x + 1", {"reads": "x", "binds": "x"}),
    "augmented": ("x += y", {"reads": "x y", "binds": "x", "mutates": "x"}),
    "bound, then read": ("x = 1\ny = x", {"binds": "x y"}),
    "bound, then augmented": ("x = 1\nx += 1", {"binds": "x"}),
    "value before target": ("a[i] = i = v", {"reads": "a i v", "binds": "i", "mutates": "a"}),
    "chain": ("a = b = c", {"reads": "c", "binds": "a b"}),
    "unpacking": ("a, (b, *c) = d", {"reads": "d", "binds": "a b c"}),
    "swap": ("a, b = b, a", {"reads": "a b", "binds": "a b"}),
    "annotated": ("x: int = y", {"reads": "y", "binds": "x"}),
    "only annotated": ("x: int", {}),
    "annotation is read": ("x: T = 1", {"reads": "T", "binds": "x"} if sys.version_info < (3, 14) else {"binds": "x"}),
    "annotation is a text": ("x: 'T' = 1", {"binds": "x"}),
    "annotations are lazy": (
        "from __future__ import annotations\ndef f(a: T) -> U: ...",
        {"binds": "annotations f"},
    ),
    "builtins are apart": ("print(len(x))", {"reads": "x"}),
    "a builtin that is bound": ("list = [1]\nlist(x)", {"reads": "x", "binds": "list"}),
    "f-string": ("f'{x!r:>{width}} {y=}'", {"reads": "width x y"}),
    "last value and history": ("_ + Out[3] + _3 + In[1]", {}),
}
WAYS = {
    "if": ("if c:\n    x = 1\ny = x", {"reads": "c x?", "binds": "x? y"}),
    "if and else": ("if c:\n    x = 1\nelse:\n    x = 2\ny = x", {"reads": "c", "binds": "x y"}),
    "if and raise": ("if c:\n    x = 1\nelse:\n    raise E\ny = x", {"reads": "E c", "binds": "x y"}),
    "read on one way": ("if c:\n    print(x)\nx = 1", {"reads": "c x", "binds": "x"}),
    "definite after maybe": ("if c:\n    x = 1\nprint(x)\nx = 2", {"reads": "c x?", "binds": "x"}),
    "if with a constant": ("if True:\n    x = 1\nelse:\n    y = z", {"binds": "x"}),
    "and binds in the body": ("if a and (m := a.f()):\n    print(m)", {"reads": "a", "binds": "m?"}),
    "or does not bind in the body": ("if a or (m := b):\n    print(m)", {"reads": "a b m?", "binds": "m?"}),
    "not turns it round": ("if not (a and (m := b)):\n    pass\nelse:\n    print(m)", {"reads": "a b", "binds": "m?"}),
    "conditional expression": ("y = (m := 1) if c else m", {"reads": "c m", "binds": "m? y"}),
    "short circuit": ("a and (m := 1)\nprint(m)", {"reads": "a m?", "binds": "m?"}),
    "chained comparison": ("a < b < (m := 1)", {"reads": "a b", "binds": "m?"}),
    "assert binds": ("assert (m := f())\nm", {"reads": "f", "binds": "m"}),
    "for": ("for i in xs:\n    y = i\nprint(i, y)", {"reads": "i? xs y?", "binds": "i? y?"}),
    "for over a literal": ("for i in [1, 2]:\n    y = i\nprint(i, y)", {"binds": "i y"}),
    "for reads in the second round": ("for i in xs:\n    print(y)\n    y = i", {"reads": "xs y", "binds": "i? y?"}),
    "for with break": ("for i in xs:\n    if i: break\nelse:\n    z = 1\nz", {"reads": "xs z?", "binds": "i? z?"}),
    "for with continue": ("for i in [1]:\n    if i: continue\n    z = 1\nz", {"reads": "z?", "binds": "i z?"}),
    "for else": ("for i in xs:\n    pass\nelse:\n    z = 1\nz", {"reads": "xs", "binds": "i? z"}),
    "for into parts": ("for a[0], b.c in xs: pass", {"reads": "a b xs", "mutates": "a b"}),
    "while": ("while c:\n    x = 1\nx", {"reads": "c x?", "binds": "x?"}),
    "while True": ("while True:\n    x = f()\n    if x: break\nx", {"reads": "f", "binds": "x"}),
    "while walrus": ("while (line := f()):\n    y = line\nline, y", {"reads": "f y?", "binds": "line y?"}),
    "while else": ("while c:\n    pass\nelse:\n    x = 1\nx", {"reads": "c", "binds": "x"}),
    "with": ("with open(p) as f, g() as (a, b):\n    t = f.read()\nt", {"reads": "g p", "binds": "a b f t"}),
    "with that swallows": ("with suppress(E):\n    x = f()\nx", {"reads": "E f suppress x?", "binds": "x?"}),
    "try": ("try:\n    x = f()\nexcept E:\n    x = 0\nx", {"reads": "E f", "binds": "x"}),
    "try, read in the handler": ("try:\n    x = f()\nexcept E:\n    print(x)", {"reads": "E f x?", "binds": "x?"}),
    "try, the handler leaves": ("try:\n    x = f()\nexcept E:\n    raise\nx", {"reads": "E f", "binds": "x"}),
    "try else": ("try:\n    f()\nexcept E:\n    y = 0\nelse:\n    y = 1\ny", {"reads": "E f", "binds": "y"}),
    "finally": ("try:\n    x = f()\nfinally:\n    print(x)\nx", {"reads": "f x?", "binds": "x"}),
    "the exception is gone": ("try:\n    f()\nexcept E as e:\n    print(e)\ne", {"reads": "E e? f"}),
    "the exception is gone for sure": ("try:\n    raise E\nexcept E as e:\n    pass\ne", {"reads": "E", "gone": "e"}),
    "except star": ("try:\n    f()\nexcept* E as e:\n    x = e", {"reads": "E f", "binds": "x?"}),
    "raise ends the cell": ("x = 1\nraise E(x)\ny = z", {"reads": "E", "binds": "x"}),
    "match": (
        "match v:\n    case [a, *b]: pass\n    case {'k': c, **d}: pass\n    case K(x=e) as f: pass",
        {"reads": "K v", "binds": "a? b? c? d? e? f?"},
    ),
    "match that always matches": ("match v:\n    case 1: x = 1\n    case _: x = 2\nx", {"reads": "v", "binds": "x"}),
    "match that binds the subject": ("match f():\n    case x: pass\nx", {"reads": "f", "binds": "x"}),
    "match with a guard": ("match v:\n    case x if x > k: pass\nx", {"reads": "k v", "binds": "x"}),
    "match by value": ("match v:\n    case C.RED | C.BLUE: pass", {"reads": "C v"}),
}
SCOPES = {
    "comprehension": ("[x * k for x in xs if x > y]", {"reads": "k xs y"}),
    "its first iterable is outside": ("x = [x for x in x]", {"reads": "x", "binds": "x"}),
    "nested comprehension": ("[b for a in xs for b in a if b in ys]", {"reads": "xs ys"}),
    "comprehension in a comprehension": ("[[c + a for c in a] for a in xs]", {"reads": "xs"}),
    "dict comprehension": ("{k: v for k, v in d.items()}", {"reads": "d"}),
    "walrus in a comprehension": ("[y := f(x) for x in xs]\ny", {"reads": "f xs y?", "binds": "y?"}),
    "walrus": ("(y := x)\ny", {"reads": "x", "binds": "y"}),
    "lambda is late": ("f = lambda a: a + k", {"binds": "f", "late": "k"}),
    "lambda in a call runs at once": (
        "ys = sorted(xs, key=lambda a: a + k)",
        {"reads": "k xs", "binds": "ys", "late": ""},
    ),
    "lambda's default is now": ("f = lambda a=k: a", {"reads": "k", "binds": "f"}),
    "function is late": ("def f(a):\n    b = a + k\n    return b", {"binds": "f", "late": "k"}),
    "default and decorator are now": ("@deco(x)\ndef f(a=y, *, b=z): ...", {"reads": "deco x y z", "binds": "f"}),
    "function that is called": ("def f():\n    return k\ny = f()", {"reads": "k", "binds": "f y", "late": "k"}),
    "function that finds it": ("def f():\n    return k\nk = 1\ny = f()", {"binds": "f k y"}),
    "function bound before its name": ("def f():\n    return k\ny = f()\nk = 1", {"reads": "k", "binds": "f k y"}),
    "function given to another": ("def f(a):\n    return k\nmap(f, xs)", {"reads": "k xs", "binds": "f", "late": "k"}),
    "function through a function": (
        "def f():\n    return k\ndef g():\n    return f()\ng()",
        {"reads": "k", "binds": "f g", "late": "k"},
    ),
    "functions in a circle": (
        "def f():\n    return g(a)\ndef g(x):\n    return f() + b\nf()",
        {"reads": "a b", "binds": "f g", "late": "a b"},
    ),
    "function's own name": ("def f(n):\n    return f(n - 1)", {"binds": "f"}),
    "local wins, also before it is bound": ("def f():\n    print(x)\n    x = 1\nf()", {"binds": "f"}),
    "nonlocal": (
        "def f():\n    x = 0\n    def g():\n        nonlocal x\n        x += k\n    g()",
        {"binds": "f", "late": "k"},
    ),
    "global, not called": ("def f():\n    global x\n    x = 1", {"binds": "f"}),
    "global, called": ("def f():\n    global x\n    x = 1\nf()\nx", {"reads": "x?", "binds": "f x?"}),
    "closure": ("def f(a):\n    return lambda b: a + b + c", {"binds": "f", "late": "c"}),
    "class body is now": ("class A(B, metaclass=M):\n    x = y\n    z = x", {"reads": "B M y", "binds": "A"}),
    "class name of its own": (
        "class A:\n    x = x\n    def m(self): return x",
        {"reads": "x", "binds": "A", "late": "x"},
    ),
    "class in a comprehension": ("class A:\n    n = 2\n    y = [n for _ in range(3)]", {"reads": "n", "binds": "A"}),
    "class used": ("class A:\n    def m(self): return k\nA().m()", {"reads": "k", "binds": "A", "late": "k"}),
    "class with global": ("class A:\n    global x\n    x = 1", {"binds": "A x"}),
    "class in a function": ("def f():\n    class A:\n        y = k\n    return A", {"binds": "f", "late": "k"}),
    "import": ("import a.b, c as d\nfrom e import f as g\na.b, d, g", {"binds": "a d g"}),
    "delete": ("del x", {"reads": "x", "deletes": "x"}),
    "delete what is its own": ("x = 1\ndel x", {}),
    "read after delete": ("del x\nx", {"reads": "x", "deletes": "x", "gone": "x"}),
    "delete a part": ("del d['k'], o.a", {"reads": "d o", "mutates": "d o"}),
    "top-level await": (
        "r = await f(x)\nasync for i in a: pass\nasync with b as c: pass",
        {"reads": "a b f x", "binds": "c i? r"},
    ),
}
IN_PLACE = {
    "item": ("df['c'] = df.a", {"reads": "df", "mutates": "df"}),
    "item of a part": ("o.d['k'][0] = 1", {"reads": "o", "mutates": "o"}),
    "attribute": ("o.a = 1", {"reads": "o", "mutates": "o"}),
    "augmented item": ("d['k'] += n", {"reads": "d n", "mutates": "d"}),
    "of its own": ("df = f()\ndf['c'] = 1\ndf.sort()", {"reads": "f", "binds": "df"}),
    "perhaps of its own": ("if c:\n    x = []\nx.append(1)", {"reads": "c x?", "binds": "x?", "mutates": "x"}),
    "method": ("xs.append(1)", {"reads": "xs", "mutates": "xs"}),
    "method whose value is taken": ("last = xs.pop()", {"reads": "xs", "binds": "last", "mutates": "xs"}),
    "inplace": ("df.drop(columns='a', inplace=True)", {"reads": "df", "mutates": "df"}),
    "not inplace": ("df.drop(columns='a', inplace=False)", {"reads": "df"}),
    "estimator": ("model.fit(X, y)", {"reads": "X model y", "mutates": "model"}),
    "added to a set": ("s.add(1)\n1", {"reads": "s", "mutates": "s"}),
    "added to a frame": ("t = df.add(1)", {"reads": "df", "binds": "t"}),
    "axes": ("ax.plot(x)\n1", {"reads": "ax x", "mutates": "ax"}),
    "seed": ("np.random.seed(0)", {"reads": "np", "mutates": "np"}),
    "setattr": ("setattr(o, 'a', 1)", {"reads": "o", "mutates": "o"}),
    "function that is known to": (
        "random.shuffle(xs)\nheapq.heappush(h, 1)",
        {"reads": "h heapq random xs", "mutates": "h xs"},
    ),
    "out": ("np.add(a, b, out=c)", {"reads": "a b c np", "mutates": "c"}),
    "suspected": ("o.frobnicate()\n1", {"reads": "o", "suspects": "o"}),
    "shown at the end": ("df.frobnicate()", {"reads": "df"}),
    "innocent": ("df.to_csv('x')\nplt.show()\n1", {"reads": "df plt"}),
    "through an alias": ("y = x\ny.append(1)", {"reads": "x", "binds": "y", "mutates": "x"}),
    "through an alias of an alias": ("y = x\nz = y\nz['k'] = 1", {"reads": "x", "binds": "y z", "mutates": "x"}),
    "not through a former alias": ("y = x\ny = []\ny.append(1)", {"reads": "x", "binds": "y"}),
    "through a loop": ("for r in rows:\n    r['k'] = 1", {"reads": "rows", "binds": "r?", "mutates": "rows"}),
    "through a part": ("y = df['a']\ny[0] = 1", {"reads": "df", "binds": "y", "suspects": "df"}),
    "through a function": ("def f(a):\n    a['k'] = 1\nf(d)", {"reads": "d", "binds": "f", "mutates": "d"}),
    "through a function by keyword": (
        "def f(a, b):\n    b.sort()\nf(1, b=d)",
        {"reads": "d", "binds": "f", "mutates": "d"},
    ),
    "of a global in a function": (
        "def f():\n    log.append(1)\nf()",
        {"reads": "log", "binds": "f", "mutates": "log", "late": "log"},
    ),
    "of a call's value": ("f(x).a = 1", {"reads": "f x"}),
}
HIDDEN = {
    "star import": (
        "from numpy import *\nx = sin(y)",
        {"reads": "sin y", "binds": "x", "unknown": "from numpy import *"},
    ),
    "exec": ("exec(code)", {"reads": "code", "unknown": "exec()"}),
    "eval": ("x = eval('a + b')", {"binds": "x", "unknown": "eval()"}),
    "globals": ("globals()['x'] = 1", {"unknown": "globals()"}),
    "locals": ("locals()", {"unknown": "locals()"}),
    "vars": ("vars()['x']", {"unknown": "vars()"}),
    "vars of something": ("vars(o)", {"reads": "o"}),
    "locals of a function": ("def f():\n    return locals()\nf()", {"binds": "f"}),
    "exec in a function": ("def f():\n    exec('x = 1')\nf()", {"binds": "f", "unknown": "exec()"}),
    "exec in a function that nobody calls": ("def f():\n    exec('x = 1')", {"binds": "f"}),
    "an exec of the cell's own": ("exec = print\nexec(x)", {"reads": "x", "binds": "exec"}),
    "__import__": ("m = __import__('os')", {"binds": "m", "unknown": "__import__()"}),
    "user_ns": ("get_ipython().user_ns['x'] = 1", {"unknown": ".user_ns"}),
    "a cell that runs a cell": ("get_ipython().run_cell('x = 1')", {"unknown": "get_ipython().run_cell()"}),
    "other side channels are not seen": ("os.environ['A'] = b\nopen('f').read()", {"reads": "b os", "mutates": "os"}),
}
BROKEN = {
    "unclosed": ("x = 1\ny = (2,\n", {"problem": "line 2: '(' was never closed"}),
    "return outside": ("return 1", {"problem": "line 1: 'return' outside function"}),
    "break outside": ("break", {"problem": "line 1: 'break' outside loop"}),
    "a null": ("x = '\0'", {}),
    "empty": ("", {}),
    "only a comment": ("# nothing", {}),
}
TABLE = {
    f"{section}: {name}": case
    for section, cases in {
        "order": ORDER,
        "ways": WAYS,
        "scopes": SCOPES,
        "in place": IN_PLACE,
        "hidden": HIDDEN,
    }.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize(("source", "wanted"), TABLE.values(), ids=TABLE.keys())
def test_names_are_told_from_the_source(source: str, wanted: dict[str, str]) -> None:
    assert told(analyse(source)) == {fact: value for fact, value in wanted.items() if value}


@pytest.mark.parametrize(("source", "wanted"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_python_is_a_problem_and_never_an_exception(source: str, wanted: dict[str, str]) -> None:
    found = told(analyse(source))
    if wanted:
        assert found == wanted
    elif found:
        assert set(found) <= {"problem", "binds"}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are new in Python 3.12")
@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            "def f[T](a: T, b: U) -> T: return a",
            {"reads": "U", "binds": "f"} if sys.version_info < (3, 14) else {"binds": "f"},
        ),
        ("class A[T](B[T]):\n    x: T", {"reads": "B", "binds": "A"}),
        ("type A[T] = dict[T, K]", {"binds": "A", "late": "K"}),
    ],
)
def test_type_parameters_are_scoped(source: str, wanted: dict[str, str]) -> None:
    check(source, **wanted)


def test_a_read_is_told_where_it_happens_first() -> None:
    names = analyse("a = 1\nif a:\n    b = x + 1\nx\n")
    assert names.reads == (Use("x", 3, 8),)
    assert [(binding.name, binding.line) for binding in names.binds] == [("a", 1), ("b", 3)]


def test_a_read_through_a_function_names_the_function() -> None:
    (use,) = analyse("def f():\n    return k\n\nf()").reads
    assert use == Use("k", 2, 11, inside="f")


AMBIENT = {
    "import": ("import pandas as pd", "pd", True),
    "function": ("def f(): ...", "f", True),
    "decorated function": ("@cache\ndef f(): ...", "f", True),
    "class": ("class A: ...", "A", True),
    "either import": ("try:\n    import a\nexcept ImportError:\n    import b as a", "a", True),
    "import or None": ("try:\n    import a\nexcept ImportError:\n    a = None", "a", True),
    "constant": ("a = None", "a", False),
    "lambda": ("f = lambda: 1", "f", False),
    "import that is changed": ("import a\na = a.b", "a", False),
}


@pytest.mark.parametrize(("source", "name", "is_ambient"), AMBIENT.values(), ids=AMBIENT.keys())
def test_imports_and_plain_definitions_are_ambient(source: str, name: str, is_ambient: bool) -> None:
    names = analyse(source)
    assert [binding.name for binding in names.ambient] == ([name] if is_ambient else [])
    assert [binding.name for binding in names.outputs] == ([] if is_ambient else [name])


def test_a_definition_carries_what_it_does_late() -> None:
    (definition,) = analyse(
        "@deco\ndef f(a, b=size):\n    global n\n    n = rate * len(a)\n"
        "    a.append(n)\n    log['f'] = 1\n    exec('z')"
    ).definitions
    assert (definition.name, definition.line) == ("f", 2)
    assert {use.name for use in definition.reads} == {"rate", "len", "n", "log", "exec"}
    assert [use.name for use in definition.binds] == ["n"]
    assert [mutation.name for mutation in definition.mutates] == ["log"]
    assert definition.now == {"deco", "size"}
    assert (definition.parameters, definition.changes) == (("a", "b"), {"a"})
    assert [unknown.what for unknown in definition.unknown] == ["exec()"]


@pytest.mark.parametrize("source", ["g = partial(f, 1)", "g = f", "g = {'k': [f]}", "g, h = f, 1", "g: object = f"])
def test_a_name_that_carries_a_function_is_told_with_it(source: str) -> None:
    definitions = {each.name: each for each in analyse(f"def f(a):\n    return a + k\n{source}").definitions}
    assert [use.name for use in definitions["g"].reads] == ["k"]


def test_a_value_that_a_function_gave_carries_nothing() -> None:
    assert [each.name for each in analyse("def f(a):\n    return a + k\ny = f(1)").definitions] == ["f"]


def test_two_names_of_one_object_are_told() -> None:
    assert analyse("b = a\nc = b\nd = a.x\ne = a[0]\nf = g(a)").aliases == (("b", "a"), ("c", "a"))


def test_calls_with_names_from_outside_are_told() -> None:
    (call,) = analyse("own = 1\nf(a, own, key=b)\nprint(a)").calls
    assert (call.function, call.line, call.arguments) == ("f", 2, ((0, "a"), ("key", "b")))


def test_how_something_is_changed_is_told() -> None:
    names = analyse("a[0] = 1\nb.sort()\nc += 1\ndel d.x\ne.drop(1, inplace=True)\ng.frobnicate()\n1")
    hows = [(each.name, each.how, each.sureness) for each in (*names.mutates, *names.suspects)]
    assert hows == [
        ("a", "[…] =", Sureness.SURE),
        ("b", ".sort()", Sureness.KNOWN),
        ("c", "augmented assignment", Sureness.KNOWN),
        ("d", "del .x", Sureness.SURE),
        ("e", ".drop(inplace=True)", Sureness.KNOWN),
        ("g", ".frobnicate()", Sureness.SUSPECTED),
    ]


ONLY_FUNCTIONS = {
    "one": ("def f(): ...", ("f",)),
    "two and what they need": ('"""Tasks."""\nimport a\n\ndef f(): ...\n\nasync def g(): ...', ("f", "g")),
    "a statement beside": ("def f(): ...\nx = 1", ()),
    "a class beside": ("def f(): ...\nclass A: ...", ()),
    "only imports": ("import a", ()),
    "nothing": ("", ()),
}


@pytest.mark.parametrize(("source", "functions"), ONLY_FUNCTIONS.values(), ids=ONLY_FUNCTIONS.keys())
def test_a_cell_that_only_defines_functions_is_told_apart(source: str, functions: tuple[str, ...]) -> None:
    assert analyse(source).functions_only == functions


def test_what_is_nested_too_deeply_is_unknown() -> None:
    names = analyse("x = " + "+".join(["a"] * 5000))
    assert names.unknown or names.problem


def test_the_kinds_of_a_binding_are_gathered() -> None:
    (binding,) = analyse("for x in [1]: pass\nx = 2\nimport x").binds
    assert binding.kinds == {BindingKind.LOOP, BindingKind.CONSTANT, BindingKind.IMPORT}


def test_no_warning_of_the_cells_code_escapes() -> None:
    assert analyse(r"x = '\d'" + "\nx is 1").binds


def test_functions_that_call_each_other_are_followed_once_each() -> None:
    names = [f"f{number}" for number in range(40)]
    calls = {name: " + ".join(f"{other}()" for other in names if other != name) for name in names}
    functions = [f"def {name}():\n    global at_{name}\n    at_{name} = {calls[name]} + x" for name in names]
    told = analyse("\n".join([*functions, "f0()"]))
    assert [use.name for use in told.reads] == ["x"]
    assert {binding.name for binding in told.binds} == {*names, *(f"at_{name}" for name in names)}

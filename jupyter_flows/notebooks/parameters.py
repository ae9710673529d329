"""The parameters of a notebook: read from the cell tagged `parameters`, and what a caller gave checked against them."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from keyword import iskeyword

from jupyter_flows.errors import NotANotebook, ParameterError
from jupyter_flows.model.secret_reference import SecretReference
from jupyter_flows.notebooks.coercion import choices_of, coerce
from jupyter_flows.notebooks.document import PARAMETERS_TAG, Document
from jupyter_flows.notebooks.json_values import JsonValue, to_json
from jupyter_flows.notebooks.nbformat4 import tags_of

# A cell in another language or with shell commands has lines that Python's grammar does not know.
_NOT_PYTHON = ("%", "!", "?")


@dataclass(frozen=True, slots=True)
class NotebookParameter:
    """One parameter, as its cell declares it.

    Parameters
    ----------
    name
        The variable.
    annotation
        Its annotation as written, or None.
    type
        What to show people: the annotation, else the type of the default, else empty.
    default
        The value where it is a literal, else None.
    default_source
        The default as written; None where there is none.
    literal
        Whether ``default`` holds the value of ``default_source``.
    help
        The comment at the end of its line.
    choices
        The values of a ``Literal`` annotation.
    """

    name: str
    annotation: str | None
    type: str
    default: object
    default_source: str | None
    literal: bool
    help: str = ""
    choices: tuple[object, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a value must be given: it has an annotation and no default."""
        return self.default_source is None


def declared_parameters(document: Document) -> tuple[NotebookParameter, ...]:
    """Read the parameters of the first cell tagged `parameters`, in the order in which they are written.

    The cell is parsed, never run: only plain assignments at its top level count. A default that is no literal, such
    as ``date.today()``, is kept as source and makes the parameter optional.

    Raises
    ------
    NotANotebook
        The cell is not Python although its kernel is.
    """
    if document.language != "python":
        return ()
    position = parameters_cell(document)
    if position is None:
        return ()
    source = document.node["cells"][position]["source"]
    try:
        return read_parameters(source)
    except SyntaxError as error:
        why = f"its parameters cell (cell {position + 1}) is not Python: line {error.lineno}: {error.msg}"
        raise NotANotebook(str(document.path), why) from None


def parameters_cell(document: Document) -> int | None:
    """The position of the first cell tagged `parameters`, from 0."""
    cells = enumerate(document.node["cells"])
    return next((index for index, cell in cells if PARAMETERS_TAG in tags_of(cell)), None)


def read_parameters(source: str) -> tuple[NotebookParameter, ...]:
    """Read the parameters from the source of one cell; a name that is assigned twice counts with its last value.

    Raises
    ------
    SyntaxError
        The source is not Python.
    """
    tree, source = _parse(source)
    comments = _comments(source)
    found: dict[str, NotebookParameter] = {}
    for statement in tree.body:
        comment = comments.get(statement.end_lineno or 0, (0, ""))
        trailing = comment[1] if _is_last_of_its_line(statement, tree) else ""
        for parameter in _of_statement(statement, trailing, source):
            found[parameter.name] = parameter
    return tuple(found.values())


def check_parameters(document: Document, given: Mapping[str, object]) -> dict[str, JsonValue]:
    """Check and coerce what a caller gave; nothing is started or written.

    Text is coerced to the annotated type, else to the type of the default (numbers, booleans, JSON or Python literals
    for lists and dicts, ISO dates, `Literal` choices). Without either, text that is a JSON or Python literal is that
    value. Values are handed to the kernel as JSON: a date arrives as ISO text, a path as text, a tuple as a list.

    Parameters
    ----------
    document
        The notebook.
    given
        Parameter name to value; text as it was typed, or any Python value.

    Returns
    -------
    dict
        The given parameters only, as JSON values; the others keep the defaults of their cell.

    Raises
    ------
    ParameterError
        All problems at once: unknown names (with the known ones), values that do not fit, missing values.
    """
    problems: dict[str, str] = {}
    values: dict[str, JsonValue] = {}
    declared = {parameter.name: parameter for parameter in declared_parameters(document)}
    for name, value in given.items():
        try:
            values[name] = _checked(document, declared, name, value)
        except (TypeError, ValueError) as error:
            problems[_shown(name)] = str(error)
    problems |= _missing(declared, given)
    if problems:
        raise ParameterError(document.path.name, problems)
    return values


def check_names(document: Document, names: Collection[str]) -> dict[str, str]:
    """Say what is wrong with the names of a call whose values are not there yet: unknown and missing ones."""
    declared = {parameter.name: parameter for parameter in declared_parameters(document)}
    unread = document.language != "python" and parameters_cell(document) is not None
    strange = [] if unread else [name for name in names if name not in declared]
    return {**{_shown(name): _unknown(document, declared, name) for name in strange}, **_missing(declared, names)}


def _missing(declared: Mapping[str, NotebookParameter], given: Collection[str]) -> dict[str, str]:
    lacking = (one for one in declared.values() if one.required and one.name not in given)
    return {one.name: f"a value is needed ({one.type})" for one in lacking}


def _checked(document: Document, declared: Mapping[str, NotebookParameter], name: str, value: object) -> JsonValue:
    if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
        raise ValueError("a parameter's name must be a Python name")
    if isinstance(value, SecretReference) and (name in declared or document.language != "python"):
        if document.language != "python":
            raise ValueError(
                "a secret can be given to notebooks in Python only; read it from the environment in a cell"
            )
        return dict(value.as_json())
    if name in declared:
        parameter = declared[name]
        return to_json(coerce(value, parameter.annotation, parameter.default), convert=True)
    if document.language != "python" and parameters_cell(document) is not None:
        # Its declarations cannot be read: only the notebook itself can judge.
        return to_json(value, convert=True)
    raise ValueError(_unknown(document, declared, name))


def _unknown(document: Document, declared: Mapping[str, NotebookParameter], name: str) -> str:
    if parameters_cell(document) is None:
        return f"the notebook takes no parameters: none of its cells has the tag '{PARAMETERS_TAG}'"
    if not declared:
        return "the notebook takes no parameters: its parameters cell assigns none"
    near = get_close_matches(name, declared, n=1)
    hint = f", did you mean '{near[0]}'?" if near else ""
    return f"no such parameter{hint} (known: {', '.join(declared)})"


def _shown(name: object) -> str:
    text = str(name)
    return text if text.isprintable() else repr(name)


def _parse(source: str) -> tuple[ast.Module, str]:
    try:
        return ast.parse(source), source
    except SyntaxError:
        lines = source.splitlines()
        plain = "\n".join("" if line.lstrip().startswith(_NOT_PYTHON) else line for line in lines)
        if plain == source or (lines and lines[0].startswith("%%")):
            raise
        return ast.parse(plain), plain


def _comments(source: str) -> dict[int, tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = (token for token in tokens if token.type == tokenize.COMMENT)
    return {token.start[0]: (token.start[1], token.string.lstrip("#").strip()) for token in comments}


def _is_last_of_its_line(statement: ast.stmt, tree: ast.Module) -> bool:
    line, column = statement.end_lineno, statement.end_col_offset or 0
    return not any(other.lineno == line and other.col_offset > column for other in tree.body)


def _of_statement(statement: ast.stmt, comment: str, source: str) -> Iterator[NotebookParameter]:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
            yield _parameter(name, _annotation_text(annotation, source), value, comment, source)
        case ast.Assign(targets=targets, value=value):
            annotation, text = _type_comment(comment)
            for target in targets:
                yield from _of_target(target, annotation, value, text, source)
        case ast.AugAssign(target=ast.Name(id=name)):
            written = ast.get_source_segment(source, statement)
            yield NotebookParameter(name, None, "", None, written, False, comment)
        case _:
            return


def _of_target(
    target: ast.expr, annotation: str | None, value: ast.expr, comment: str, source: str
) -> Iterator[NotebookParameter]:
    match target:
        case ast.Name(id=name):
            yield _parameter(name, annotation, value, comment, source)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            yield from _of_tuple(targets, value, comment, source)
        case _:  # an attribute or an item is no parameter
            return


def _of_tuple(targets: list[ast.expr], value: ast.expr, comment: str, source: str) -> Iterator[NotebookParameter]:
    values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
    paired = len(values) == len(targets) and not any(isinstance(part, ast.Starred) for part in (*targets, *values))
    for index, target in enumerate(targets):
        plain = target.value if isinstance(target, ast.Starred) else target
        if paired:
            yield from _of_target(plain, None, values[index], comment, source)
        elif isinstance(plain, ast.Name):
            written = ast.get_source_segment(source, value)
            yield NotebookParameter(plain.id, None, "", None, written, False, comment)


def _parameter(
    name: str, annotation: str | None, value: ast.expr | None, comment: str, source: str
) -> NotebookParameter:
    written = None if value is None else ast.get_source_segment(source, value)
    literal, default = _literal(value)
    shown = annotation or (type(default).__name__ if literal and default is not None else "")
    return NotebookParameter(name, annotation, shown, default, written, literal, comment, choices_of(annotation))


def _literal(value: ast.expr | None) -> tuple[bool, object]:
    if value is None:
        return False, None
    try:
        return True, ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False, None


def _annotation_text(annotation: ast.expr, source: str) -> str:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return ast.get_source_segment(source, annotation) or ast.unparse(annotation)


def _type_comment(comment: str) -> tuple[str | None, str]:
    # `a = 1  # type: int What it is for`: the older way to annotate, which papermill knows too.
    if not comment.startswith("type:"):
        return None, comment
    annotation, _, text = comment.removeprefix("type:").strip().partition(" ")
    return annotation or None, text.strip()

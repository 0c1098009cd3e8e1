"""Code as a text that changes only when what it does may change."""

import ast
import dis
import inspect
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType

_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def code_text(code: FunctionType | type) -> str | None:
    """The source of a function or class, but for what does nothing.

    Layout, comments, docstrings, annotations and decorators are left out. Of a function without
    source, as at a prompt, the bytecode, which differs between Pythons; of such a class None.
    """
    try:
        source = textwrap.dedent(inspect.getsource(code))
        node = _definition(ast.parse(source), code.__name__)
    except (OSError, TypeError, SyntaxError, ValueError):
        node = None
    if node is not None:
        return ast.unparse(_Bare().visit(node))
    return _bytecode(code.__code__) if isinstance(code, FunctionType) else None


def used_globals(function: FunctionType) -> list[str]:
    """The names of the globals that a function, or one inside it, reads; sorted."""
    names = {
        instruction.argval
        for code in _with_nested(function.__code__)
        for instruction in dis.get_instructions(code)
        if instruction.opname == "LOAD_GLOBAL"
    }
    return sorted(names & function.__globals__.keys())


def _definition(tree: ast.Module, name: str) -> ast.AST | None:
    """What is defined on these lines; None where that is not certain."""
    if name == "<lambda>":
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
        return found[0] if len(found) == 1 else None
    return tree.body[0] if isinstance(tree.body[0], _DEFINITIONS) else None


class _Bare(ast.NodeTransformer):
    """Takes away what a definition can lose without doing anything else."""

    def visit(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.arg():
                node.annotation = None
            case ast.AnnAssign(value=ast.expr() as value):
                return ast.copy_location(ast.Assign([node.target], value), node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                node.decorator_list = []
                if not isinstance(node, ast.ClassDef):
                    node.returns = None
                if ast.get_docstring(node, clean=False) is not None:
                    node.body = node.body[1:] or [ast.Pass()]
        return node


def _bytecode(code: CodeType) -> str:
    constants = [
        _bytecode(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts
    ]
    return "\n".join([code.co_code.hex(), *code.co_names, *code.co_varnames, *constants])


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _with_nested(each)

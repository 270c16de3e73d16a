"""Who may import what: the walls of the house."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(p.relative_to(ROOT) for d in ("core", "webapp") for p in (ROOT / d).rglob("*.py"))
OURS = {"core", "webapp", "zoo", "benchmarks", "tests", "app"}
GRADIO = (
    "webapp/ui.py",
    "webapp/address.py",
    "webapp/controls.py",
    "webapp/figure.py",
    "webapp/server.py",
    "webapp/tabs/",
    "webapp/strip.py",
    "webapp/downloads.py",
    "webapp/style.py",
)


def imports(file: Path) -> list[tuple[str, bool]]:
    """(module, whether at the top of the file) of every import."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            found += [(f"{node.module}.{alias.name}", id(node) in top) for alias in node.names]
    return found


def forbidden(file: Path, module: str, top: bool) -> bool:
    """Whether this file may not import this module."""
    path, name = file.as_posix(), module.split(".")[0]

    def below(*packages: str) -> bool:
        return any(f"{module}.".startswith(f"{package}.") for package in packages)

    if name in {"zoo", "benchmarks", "tests", "app"}:
        return True
    if name == "gradio":
        return not path.startswith(GRADIO)
    if path in ("core/errors.py", "core/arrays.py", "core/params.py"):
        return name in OURS
    if name in ("transformers", "diffusers"):
        return not (path.startswith("core/nets/") or (path.startswith("core/models/") and not top))
    if path.startswith("core/"):
        if below("plotly", "webapp"):
            return True
        if path.startswith("core/lenses/"):
            return below("core.models", "core.nets", "torch")
        if path.startswith("core/nets/"):
            return below("core.models", "core.lenses")
        if path.startswith("core/models/"):
            family = path != "core/models/__init__.py"
            return below("core.lenses") or (below("core.nets") and top) or (below("core.models") and family)
    if path.startswith("webapp/panels/"):
        return below("torch", "core.models")
    return False


def told_within_a_mode(tree: ast.AST, within: bool = False) -> list[int]:
    """The lines that yield inside ``with torch....():``. Such a mode belongs to the thread that entered it, and the
    page asks for each result in whichever thread is free: it would stay behind in the first one.
    """
    if isinstance(tree, ast.FunctionDef):
        within = False
    if isinstance(tree, ast.With):
        within |= any(ast.unparse(item.context_expr).startswith("torch.") for item in tree.items)
    lines = [tree.lineno] if within and isinstance(tree, (ast.Yield, ast.YieldFrom)) else []
    return sum((told_within_a_mode(child, within) for child in ast.iter_child_nodes(tree)), lines)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_mode_of_torch_stays_behind_in_a_thread(file):
    lines = told_within_a_mode(ast.parse((ROOT / file).read_text(encoding="utf-8")))
    assert not lines, f"{file} yields within a mode of torch in lines {lines}"


def test_a_result_told_within_a_mode_is_found():
    wrong = "def f():\n with torch.no_grad():\n  x = 1\n  yield x\n with open(p):\n  yield 2\n yield 3"
    assert told_within_a_mode(ast.parse(wrong)) == [4]


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_respect_the_layers(file):
    wrong = [module for module, top in imports(file) if forbidden(file, module, top)]
    assert not wrong, f"{file} may not import {wrong}"


def test_the_wall_is_not_empty():
    assert forbidden(Path("core/lenses/x.py"), "transformers", False)
    assert forbidden(Path("core/models/clip.py"), "transformers.CLIPModel", True)
    assert not forbidden(Path("core/models/clip.py"), "transformers.CLIPModel", False)
    assert forbidden(Path("webapp/panels/x.py"), "gradio", True)
    assert len(FILES) > 10

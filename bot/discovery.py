"""Reads the declared constant (ADAPTER, RULE, WORKFLOW, FORM) from each module of a folder.

A module that cannot be loaded disables itself visibly and stops nothing else.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

from bot.model.errors import BotError

T = TypeVar("T")

_WRITABLE_BY_OTHERS = 0o022


@dataclass(frozen=True, kw_only=True, slots=True)
class Discovered(Generic[T]):
    """What the modules of a folder declare, and a sentence about each that could not be loaded."""

    found: tuple[T, ...]
    faults: tuple[str, ...] = ()


def discover(
    package: ModuleType, constant: str, kind: type[T], *, optional: bool = False
) -> Discovered[T]:
    """Read a constant from every module and package inside a package, in the order of names.

    Where it is `optional`, modules that declare none are passed over.
    """
    names = {
        path.stem
        for folder in package.__path__
        for path in Path(folder).iterdir()
        if not path.name.startswith("_")
        and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }
    modules = ((f"{package.__name__}.{name}", None) for name in sorted(names))
    return _collect(modules, constant=constant, kind=kind, optional=optional)


def discover_folder(folder: Path, constant: str, kind: type[T]) -> Discovered[T]:
    """Read a constant from every .py file of an office's own folder.

    Raises BotError when others may write there: its files run with the bot's rights.
    """
    if not folder.is_dir():
        raise BotError(f"没有插件文件夹 {folder}，请检查路径。")
    for path in (folder, *folder.glob("*.py")):
        if path.stat().st_mode & _WRITABLE_BY_OTHERS:
            raise BotError(f"{path} 其他用户可以改写，请先执行 chmod go-w。")
    files = sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    return _collect(
        ((f"office_plugins_{path.stem}", path) for path in files), constant=constant, kind=kind
    )


def _collect(
    modules: Iterator[tuple[str, Path | None]],
    *,
    constant: str,
    kind: type[T],
    optional: bool = False,
) -> Discovered[T]:
    found: list[T] = []
    faults: list[str] = []
    for name, path in modules:
        try:
            module = _load(name, path)
            if optional and not hasattr(module, constant):
                continue
            value = getattr(module, constant)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
            faults.append(f"插件 {path or name} 未启用：{type(error).__name__}")
            continue
        if isinstance(value, kind):
            found.append(value)
        else:
            faults.append(f"插件 {path or name} 未启用：{constant} 不是 {kind.__name__}")
    return Discovered(found=tuple(found), faults=tuple(faults))


def _load(name: str, path: Path | None) -> ModuleType:
    if path is None:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module

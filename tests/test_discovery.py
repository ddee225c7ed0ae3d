"""Reading declared constants: a file that cannot be loaded is said, and stops nothing else."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import bot.adapters
from bot.adapters import Platform
from bot.discovery import discover, discover_folder
from bot.model.errors import BotError

FINE = 'WORD = "fine"\n'
BROKEN = {
    "raises.py": "raise RuntimeError('x')\n",
    "no_python.py": "def (:\n",
    "no_constant.py": "OTHER = 1\n",
    "another_kind.py": "WORD = 5\n",
    "leaves.py": "import sys\nsys.exit(3)\n",
    "needs.py": "import no_such_module_anywhere\n",
    "no_utf8.py": "WORD = '\udcff'\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder that only its owner may write to."""
    made = tmp_path / "office_plugins"
    made.mkdir(mode=0o700)
    return made


def write(folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    path.chmod(0o600)


@pytest.fixture
def package(tmp_path: Path) -> ModuleType:
    """Return an importable empty package."""
    where = tmp_path / "words_of_a_test"
    where.mkdir()
    (where / "__init__.py").touch()
    spec = importlib.util.spec_from_file_location(
        where.name, where / "__init__.py", submodule_search_locations=[str(where)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[where.name] = module
    yield module
    for name in [each for each in sys.modules if each.startswith(where.name)]:
        del sys.modules[name]


def test_every_file_and_package_is_read_in_the_order_of_names(package: ModuleType):
    where = Path(package.__path__[0])
    (where / "b.py").write_text('WORD = "b"\n')
    (where / "a.py").write_text('WORD = "a"\n')
    (where / "_private.py").write_text('WORD = "private"\n')
    (where / "notes.txt").write_text("nothing")
    (where / "c").mkdir()
    (where / "c" / "__init__.py").write_text('WORD = "c"\n')
    (where / "not_a_package").mkdir()

    found = discover(package, "WORD", str)

    assert found.found == ("a", "b", "c")
    assert found.faults == ()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_module_disables_itself_and_no_other(package: ModuleType, name: str):
    where = Path(package.__path__[0])
    write(where, "a_fine.py", FINE)
    write(where, name, BROKEN[name])
    write(where, "z_fine.py", FINE)

    found = discover(package, "WORD", str)

    assert found.found == ("fine", "fine")
    (fault,) = found.faults
    assert name.removesuffix(".py") in fault
    assert "未启用" in fault


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_of_the_office_disables_itself_and_no_other(folder: Path, name: str):
    write(folder, "a_fine.py", FINE)
    write(folder, name, BROKEN[name])

    found = discover_folder(folder, "WORD", str)

    assert found.found == ("fine",)
    assert name in found.faults[0]


def test_a_file_of_the_office_may_declare_dataclasses(folder: Path):
    content = (
        "from dataclasses import dataclass\n@dataclass(frozen=True, slots=True)\n"
        "class Word:\n    text: str = 'x'\nWORD = Word().text\n"
    )
    write(folder, "settings.py", content)

    assert discover_folder(folder, "WORD", str).found == ("x",)


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_change_is_refused(folder: Path, mode: int):
    write(folder, "a.py", FINE)
    (folder / "a.py").chmod(mode)

    with pytest.raises(BotError, match="chmod go-w"):
        discover_folder(folder, "WORD", str)


def test_a_folder_that_others_may_change_is_refused(folder: Path):
    folder.chmod(0o777)

    with pytest.raises(BotError, match="chmod go-w"):
        discover_folder(folder, "WORD", str)


def test_a_missing_folder_is_told(tmp_path: Path):
    with pytest.raises(BotError, match="没有插件文件夹"):
        discover_folder(tmp_path / "nowhere", "WORD", str)


def test_a_module_without_the_constant_is_passed_over_where_it_is_optional():
    found = discover(bot.adapters, "ADAPTER", Platform, optional=True)

    names = [platform.name for platform in found.found]
    assert "onebot" in names
    assert not [fault for fault in found.faults if "dry_run" in fault]

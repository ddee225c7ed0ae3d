"""The repository: what lies where, and what its files promise each other."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.bootstrap import load_plugins
from bot.config import Config

ROOT = Path(__file__).parent.parent.parent
SOURCES = ("bot", "plugins", "storage")
AT_THE_TOP = {
    "bot", "plugins", "storage", "tests", "config.example.toml", "pyproject.toml", "README.md",
    "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile",
    "requirements.lock", "docs", "bench", ".ci", ".gitignore",
}  # fmt: skip


def files() -> list[Path]:
    """Return what git knows or would add, from the root on."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        absent("git", "a clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    return [name for name in names if (ROOT / name).is_file()]


def absent(*what: str) -> None:
    """Skip for want of something, or fail where nothing may be wanting."""
    sentence = f"needs {' and '.join(what)}"
    if os.environ.get("QUNGUI_CI") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


def python_files(folders: Iterable[str] = SOURCES) -> list[Path]:
    return [each for each in files() if each.suffix == ".py" and each.parts[0] in folders]


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_only_what_was_agreed_lies_at_the_top():
    assert {path.parts[0] for path in files()} <= AT_THE_TOP


def test_what_a_newcomer_reads_is_there():
    for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"):
        assert (ROOT / name).stat().st_size > 500, name


def test_every_folder_of_python_is_a_package():
    folders = {path.parent for path in python_files()}

    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []


def test_a_file_stays_short_enough_to_be_read():
    long = {
        str(path): lines for path in python_files() if (lines := text_of(path).count("\n")) > 800
    }

    assert long == {}


@pytest.mark.parametrize(
    ("pattern", "about"),
    [
        (r"\bif\b.*\bplatform\s*(==|!=|in)\s*[\"'({\[]", "a platform is known to its adapter only"),
        (r"unittest\.mock|\bMagicMock\b", "no mocks"),
        (r"if TYPE_CHECKING", "a type that is needed lives in the right layer"),
    ],
)
def test_what_is_a_smell_is_not_there(pattern, about):
    found = [
        f"{path}: {line.strip()}"
        for path in python_files()
        if path.parts[:2] != ("bot", "adapters")
        for line in text_of(path).splitlines()
        if re.search(pattern, line)
    ]

    assert found == [], about


def test_only_where_it_may_an_error_is_caught_whatever_it_is():
    allowed = {
        Path("bot/cli/common.py"), Path("bot/control.py"), Path("bot/discovery.py"),
        Path("bot/screening/engine.py"), Path("bot/sandbox/server.py"),
    }  # fmt: skip

    found = {
        path
        for path in python_files()
        if re.search(r"except \(?(Base)?Exception\b", text_of(path))
        and path.parts[:2] not in {("bot", "pipeline"), ("bot", "adapters")}
    }

    assert found - allowed - {Path("storage/unit_of_work.py")} == set()


def test_nothing_names_this_machine_or_where_packages_come_from():
    found = [
        str(path)
        for path in files()
        if path.suffix not in {".png", ".jpg", ".webp", ".docx"}
        and path != Path(__file__).relative_to(ROOT)
        and re.search(r"/work/|/root/|/home/\w+/|pypi\.org|files\.pythonhosted", text_of(path))
    ]

    assert found == []


def test_every_rule_workflow_and_regulation_is_loaded():
    loaded = load_plugins()

    assert loaded.faults == ()
    for folder, found in (("rules", loaded.rules), ("workflows", loaded.workflows)):
        inside = (ROOT / "plugins" / folder).iterdir()
        declared = [
            each
            for each in inside
            if not each.name.startswith("_")
            and (each.suffix == ".py" or (each / "__init__.py").exists())
        ]
        assert len(found) == len(declared) > 0
    assert {each.code for each in loaded.clauses.regulations} == {
        path.stem for path in (ROOT / "plugins" / "regulations").glob("*.toml")
    }


def test_workflows_rules_and_duties_have_names_of_their_own():
    loaded = load_plugins()

    names = [
        [each.name for each in loaded.workflows],
        [each.code for each in loaded.rules],
        [command.verb for each in loaded.workflows for command in each.commands],
    ]

    for some in names:
        assert len(set(some)) == len(some)
    for each in loaded.workflows:
        jobs = [schedule.job for schedule in each.schedules]
        assert len(set(jobs)) == len(jobs)


def test_every_setting_of_every_workflow_stands_in_the_example_with_its_default():
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    everything = tomllib.loads(re.sub(r"(?m)^# (?=[a-z_]+ = |\[+[a-z_.]+\])", "", example))

    for workflow in load_plugins().workflows:
        declared = {
            each.name: getattr(workflow.settings(), each.name) for each in fields(workflow.settings)
        }
        stated = everything["workflows"].get(workflow.name, {})
        if workflow.name == "housekeeping":
            stated = everything["retention"]
        assert stated == {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in declared.items()
        }, workflow.name
    assert everything.keys() == Config.model_fields.keys()


def test_every_key_of_the_example_is_explained_in_chinese_above_it():
    lines = (ROOT / "config.example.toml").read_text(encoding="utf-8").splitlines()
    silent = []
    explained = False
    for line in lines:
        if re.match(r"(# )?[a-z_]+ = ", line):
            silent += [] if explained else [line]
        elif line.startswith("#") and re.search("[\u4e00-\u9fff]", line):
            explained = True
        elif not line.startswith("#"):
            explained = False

    assert silent == []


def locked() -> dict[str, str]:
    found = re.findall(
        r"(?m)^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", text_of(Path("requirements.lock"))
    )
    return {name.replace("_", "-"): pinned for name, pinned in found}


def test_the_lock_holds_hashes_and_no_address():
    lock = text_of(Path("requirements.lock"))

    assert not re.search(r"https?:|index-url|find-links|trusted-host", lock)
    blocks = re.split(r"(?m)^(?=[a-z0-9])", lock)[1:]
    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_holds_every_dependency():
    project = tomllib.loads(text_of(Path("pyproject.toml")))
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]

    names = {re.match(r"[A-Za-z0-9._-]+", each)[0].lower().replace("_", "-") for each in asked}

    assert names <= locked().keys()


def test_what_is_imported_is_declared():
    project = tomllib.loads(text_of(Path("pyproject.toml")))["project"]
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    declared = {
        re.match(r"[A-Za-z0-9._-]+", each)[0].lower().replace("-", "_")
        for each in (*project["dependencies"], *extras)
    }
    another_name = {
        "chinese_calendar": "chinesecalendar",
        "docx": "python_docx",
        "starlette": "fastapi",
    }
    ours = {*SOURCES, *sys.stdlib_module_names}

    imported = {
        name.partition(".")[0]
        for path in python_files()
        for name in re.findall(r"(?m)^\s*(?:from|import) ([\w.]+)", text_of(path))
    }

    assert {another_name.get(each, each) for each in imported - ours} <= declared


@pytest.mark.parametrize("way", ["editable", "wheel"])
def test_what_is_no_python_is_found_however_it_is_installed(tmp_path: Path, way: str):
    """A look at regulations and the sandbox's page from another folder."""
    installed = ROOT if way == "editable" else built(tmp_path)
    look = (
        "from importlib.resources import files\n"
        "from bot.bootstrap import load_plugins\n"
        "loaded = load_plugins()\n"
        "assert len(loaded.clauses.regulations) == 5, loaded.clauses.regulations\n"
        "assert not loaded.faults, loaded.faults\n"
        "page = files('bot.sandbox') / 'static' / 'index.html'\n"
        "assert '<html' in page.read_text('utf-8')\n"
        "print(page)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", look],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(installed))


def built(folder: Path) -> Path:
    """Return a folder with the wheel's content."""
    if int(version("setuptools").split(".")[0]) < 77:
        absent("setuptools of requirements.lock")
    source = folder / "source"
    for path in files():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, source / path)
    target = folder / "wheels"
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "-w", target, source], check=True, timeout=300, capture_output=True)
    (wheel,) = target.glob("qungui-*.whl")
    shutil.unpack_archive(wheel, folder / "installed", "zip")
    return folder / "installed"

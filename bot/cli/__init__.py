"""The command line: parses and calls, nothing else; one file for each kind of commands."""

import typer

from bot.cli import filing, groups, people, rules, running
from bot.log import configure

app = typer.Typer(
    name="qungui",
    help="群规：工作群合规助手。先运行 qungui demo 看一遍演示；qungui run 正式运行。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for commands in (running.app, rules.app, people.app):
    app.add_typer(commands)
app.add_typer(groups.app, name="group")
app.add_typer(filing.app, name="filing")
app.add_typer(people.roster_app, name="roster")
app.add_typer(people.keys_app, name="keys")


def main() -> None:
    """Run the command line."""
    configure("WARNING")
    app()

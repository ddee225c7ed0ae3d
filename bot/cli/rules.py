"""The rules from the command line: scan, explain, replay, try."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal

import typer

from bot import replay as replay_
from bot.bootstrap import (
    STORE_NAME,
    clauses_for,
    make_engine,
    make_rulebook,
)
from bot.cli.common import (
    DEFAULT_CONFIG,
    ConfigPath,
    plugins_in_use,
    read_config,
    reading,
    sentences,
    submit,
)
from bot.clock import SystemClock
from bot.config import Config
from bot.explain import DAYS, Numbers, try_text
from bot.explain import explain as explain_rule
from bot.model.errors import BotError
from bot.model.event import (
    FindingsReplayed,
)
from bot.scan import scan as scan_files
from bot.screening.rule import Rule

app = typer.Typer()


@app.command()
def scan(
    files: Annotated[list[str], typer.Argument(help=".txt .jsonl .csv 文件，- 为标准输入")],
    format: Annotated[  # noqa: A002
        Literal["table", "jsonl"], typer.Option(help="table 看，jsonl 给程序")
    ] = "table",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """不连任何账号，检查文件里的消息。退出码：0 没发现，1 有发现，2 有输入读不了。"""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded) if config.exists() else None
        status = scan_files(
            files,
            engine=make_engine(loaded, chosen),
            clauses_of=clauses_for(loaded, chosen),
            format=format,
            out=sys.stdout,
            err=sys.stderr,
        )
    raise typer.Exit(status)


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(help="规则代码，如 gambling")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """说明一条规则：查什么、不查什么、已知查不出什么、依据哪些条款、最近三十天的数字。"""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded) if config.exists() else None
        found = _rule(make_rulebook(loaded, chosen).current().rules, rule)
        setting = chosen.rules.get(rule) if chosen else None
        told = explain_rule(
            found,
            clauses_for(loaded, chosen)(found.topic),
            mode=setting.mode if setting else None,
            numbers=_numbers(chosen, rule) if chosen else None,
        )
        print(told)


@app.command()
def replay(
    rule: Annotated[str, typer.Option(help="只看一条规则，写代码；不写就是全部")] = "",
    word: Annotated[str, typer.Option(help="试一个准备放进单位词表的词")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """改了规则或词表，先看已记录的发现哪些仍会提示、哪些不再提示；不显示原文，查看会记入审计。"""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded)
        path = chosen.store.folder / STORE_NAME
        if not path.exists():
            raise BotError(f"还没有数据文件 {path}，没有记录可以重看。")
        own = make_rulebook(loaded, chosen).current().rules
        if rule:
            _rule(own, rule)
        trial = replay_.with_word(word) if word else None
        looked = FindingsReplayed(at=SystemClock().now(), rule=rule)
        for refused in submit(chosen, loaded, [looked]):
            raise refused
        with reading(chosen) as records:
            findings = records.findings.recorded(None if trial else rule or None)
            added = replace(loaded, rules=(*loaded.rules, trial)) if trial else loaded
            in_use = make_rulebook(added, chosen, records.phrases.all()).current()
        corpus = replay_.read_corpus()
        if trial:
            lines = replay_.tried(findings, in_use.engine, corpus)
        else:
            rules = [each for each in in_use.rules.values() if rule in {"", each.code}]
            lines = replay_.replayed(findings, in_use.engine, rules, corpus)
        for line in (*lines, replay_.CAVEAT):
            print(line)


@app.command("try")
def try_(
    text: Annotated[str, typer.Argument(help="要试的一句话")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """试一句话：每条规则都回答，没问题的也说明为什么。"""
    with sentences():
        loaded = plugins_in_use()
        chosen = read_config(config, loaded) if config.exists() else None
        print(try_text(make_engine(loaded, chosen), text))


def _rule(rules: Mapping[str, Rule], code: str) -> Rule:
    if code not in rules:
        raise BotError(f"没有规则 {code}，现有：{'、'.join(sorted(rules))}。")
    return rules[code]


def _numbers(config: Config, rule: str) -> Numbers | None:
    """Return a rule's numbers where a store is; they are counted, no excerpt is opened."""
    path = config.store.folder / STORE_NAME
    if not path.exists():
        return None
    since = SystemClock().now() - timedelta(days=DAYS)
    with reading(config) as records:
        return Numbers(
            judged=records.findings.tally(rule, since), phrases=records.phrases.count(rule)
        )

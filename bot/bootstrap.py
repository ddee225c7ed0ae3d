"""The composition root: from a configuration to a running bot; the only module that knows all."""

import asyncio
import contextlib
import ctypes
import gc
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
import uvicorn

import bot.adapters
import plugins.forms
import plugins.regulations
import plugins.rules
import plugins.workflows
from bot.adapters import Opening, Platform, folder, mail
from bot.adapters.documents import NotConfigured, Render
from bot.adapters.unopened import Unopened
from bot.calendar import Calendar, doubts, load_table
from bot.clock import SystemClock
from bot.config import Account, Config
from bot.control import ControlSocket
from bot.discovery import Discovered, discover
from bot.form import WORD_TYPE, Form, Forms
from bot.lock import locked
from bot.log import event_logger
from bot.metrics import Metrics
from bot.model.action import DrawGroups, DrawMembers, Record
from bot.model.errors import BotError
from bot.model.event import (
    Ability,
    CodesIssued,
    Event,
    FilingAnswered,
    FindingsReplayed,
    GroupAmended,
    GroupsDrawn,
    GroupSubmitted,
    HoldPlaced,
    MembersDrawn,
    NameRevealed,
    OfficeRoleGiven,
    RosterSubmitted,
)
from bot.model.filing import Document
from bot.model.finding import Clause, Flagged, Mode, Topic
from bot.model.port import Adapter, Clock
from bot.people.latest import LatestRoster
from bot.pipeline.decide import Decider
from bot.pipeline.deliver import Courier, Pace, Post
from bot.pipeline.receive import Door, supervise
from bot.pipeline.screen import SlowScreening, screened, screened_apart
from bot.pipeline.worker import Arrived, Worker
from bot.plugin import Context, Office, Terms, Workflow
from bot.rulebook import OfficeRules, Phrases, Rulebook
from bot.scheduler import AlarmClock
from bot.screening.clauses import Clauses, load_clauses
from bot.screening.engine import Engine
from bot.screening.rule import Rule
from bot.trouble import TroubleWatch
from bot.unreached import unreached, unserved
from bot.vault import Suite, Vault, key_id
from bot.web import make_app
from storage.codec import decode_event
from storage.database import DatabaseError, open_store
from storage.outbox import Letter
from storage.sealed import Position, prove, reseal
from storage.unit_of_work import UnitOfWork

STORE_NAME = "qungui.db"
RENEW_SECONDS = 1.0
RESEAL_PAUSE_SECONDS = 0.05
TROUBLE_SECONDS = 60.0
_LAST_ANSWER = 10
"""How many times longer a mail server may take to answer the content of a mail."""
_RETENTION = "housekeeping"
_SWITCH_SECONDS = 0.0005
"""The workflow whose settings are the section [retention]."""
_log = event_logger("qungui.bootstrap")
_SUBMITTED = {
    "GroupSubmitted": GroupSubmitted,
    "OfficeRoleGiven": OfficeRoleGiven,
    "FindingsReplayed": FindingsReplayed,
    "RosterSubmitted": RosterSubmitted,
    "CodesIssued": CodesIssued,
    "HoldPlaced": HoldPlaced,
    "NameRevealed": NameRevealed,
    "GroupAmended": GroupAmended,
    "FilingAnswered": FilingAnswered,
}


@dataclass(frozen=True, kw_only=True)
class Plugins:
    """What the plugin folders declare, and a sentence about each file that is not in use."""

    rules: tuple[Rule, ...]
    workflows: tuple[Workflow, ...]
    platforms: Mapping[str, Platform]
    clauses: Clauses
    forms: tuple[Form, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def workflow_settings(self) -> Mapping[str, type]:
        """The settings type of each workflow, for [workflows.NAME]."""
        return {each.name: each.settings for each in self.workflows if each.name != _RETENTION}


def load_plugins() -> Plugins:
    """Read rules, workflows, forms, regulations and the ways to chat platforms."""
    rules: Discovered[Rule] = discover(plugins.rules, "RULE", Rule)
    workflows: Discovered[Workflow] = discover(plugins.workflows, "WORKFLOW", Workflow)
    platforms: Discovered[Platform] = discover(bot.adapters, "ADAPTER", Platform, optional=True)
    forms: Discovered[Form] = discover(plugins.forms, "FORM", Form, optional=True)
    return Plugins(
        rules=rules.found,
        workflows=workflows.found,
        platforms={each.name: each for each in platforms.found},
        clauses=load_clauses(Path(next(iter(plugins.regulations.__path__)))),
        forms=forms.found,
        faults=rules.faults + workflows.faults + platforms.faults + forms.faults,
    )


def make_rulebook(
    loaded: Plugins,
    config: Config | None = None,
    phrases: Phrases = (),
    *,
    running: bool = False,
) -> Rulebook:
    """Bring together all rules; for a running bot without those that are off."""
    if config is None:
        return Rulebook(loaded.rules)
    find = clauses_for(loaded, config)
    modes = {code: setting.mode for code, setting in config.rules.items()}
    off = {rule.code for rule in loaded.rules if modes.get(rule.code, rule.mode) is Mode.OFF}
    off = off if running else set()
    return Rulebook(
        loaded.rules,
        office=OfficeRules(
            left_out=frozenset(off),
            word_lists=config.screening.word_lists,
            blocklists=config.screening.blocklists,
            phrases=phrases,
        ),
        modes=modes,
        official_hosts=config.office.official_hosts,
        cited=lambda topic: bool(find(topic)),
    )


def make_engine(loaded: Plugins, config: Config | None = None) -> Engine:
    """Compile the rules in use."""
    return make_rulebook(loaded, config).current().engine


def clauses_for(
    loaded: Plugins, config: Config | None = None
) -> Callable[[Topic], Sequence[Clause]]:
    """Return what finds the clauses on a topic, in an office's choice of regulations."""
    enabled = frozenset(config.office.regulations if config else ("HS",))
    also = frozenset(config.office.also_for_work_groups if config else ())
    return lambda topic: loaded.clauses.citing(topic, enabled=enabled, also_for_work_groups=also)


def make_forms(loaded: Plugins, config: Config) -> Forms:
    """Bring together the forms, with the office's own templates."""
    return Forms(loaded.forms, config.forms.folder)


def make_render(forms: Forms) -> Render:
    """Return what makes a form's file; it may be called in any thread."""
    one_at_a_time = Lock()

    def render(document: Document) -> tuple[str, str, bytes]:
        with one_at_a_time:
            return document.file, WORD_TYPE, forms.render(document.form, document.content)

    return render


def make_mail(config: Config, render: Render, clock: Clock) -> mail.MailAdapter | None:
    """Build the way through the office's mail server, where there is one."""
    if (chosen := config.mail) is None:
        return None
    server = mail.Server(
        host=chosen.host,
        port=chosen.port,
        security=mail.Security(chosen.security),
        user=chosen.user,
        password=chosen.password.get_secret_value(),
        ca_file=chosen.ca_file,
        timeout=chosen.timeout_seconds,
        patience=chosen.timeout_seconds * _LAST_ANSWER,
    )
    return mail.MailAdapter(
        server,
        sender=chosen.sender,
        sender_name=config.office.name,
        render=render,
        clock=clock,
    )


def make_folder(config: Config, render: Render, clock: Clock) -> folder.FolderAdapter | None:
    """Build the way into the office's folder, where there is one."""
    if config.filing_folder is None:
        return None
    return folder.FolderAdapter(config.filing_folder.path, render=render, clock=clock)


def make_calendar(config: Config) -> Calendar:
    """Build the working calendar: the officer's table first, then the published one."""
    table = load_table(config.office.calendar) if config.office.calendar else {}
    return Calendar(table, hours=config.office.working_hours)


def calendar_doubts(config: Config) -> Sequence[str]:
    """Say what of the officer's table should be looked at again."""
    return doubts(load_table(config.office.calendar)) if config.office.calendar else ()


def limits_of(account: Account, loaded: Plugins) -> Sequence[str]:
    """Say what an account cannot do, as sentences."""
    limits = loaded.platforms[account.platform].limits
    return [f"账号 {account.name}做不到的：{each}" for each in limits]


class Bot:
    """Everything that runs: store, worker, adapters, couriers, alarm clock, socket, web."""

    def __init__(
        self,
        config: Config,
        loaded: Plugins,
        *,
        clock: Clock | None = None,
        timing: object = None,
        pace: Pace | None = None,
        alarm: bool = True,
        out: Callable[[str], None] = print,
    ) -> None:
        self.config = config
        self.clock: Clock = clock or SystemClock()
        self.metrics = Metrics()
        self.calendar = make_calendar(config)
        self.forms = make_forms(loaded, config)
        self._loaded = loaded
        self._timing = timing
        self._pace = pace
        self._alarm = alarm
        self._out = out
        self.adapters: list[Adapter] = []
        self._mail: mail.MailAdapter | None = None
        self._trouble = TroubleWatch()
        self.door: Door
        self.worker: Worker
        self.records: UnitOfWork
        self.rulebook: Rulebook
        self.web_port: int | None = None
        self._vault: Vault
        self._new_key = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Bot"]:
        """Run from the lock on the data folder to the last commit."""
        folder = self.config.store.folder
        with (
            locked(folder, now=self.clock.now(), what="机器人"),
            opened_with_keys(self.config) as (records, self._vault, heads),
        ):
            post = Post(asyncio.get_running_loop())
            self.records = records
            if self._vault.keys[key_id(self._vault.head)] != self.config.store.suite:
                with records.transaction():
                    new_key(records, self._vault, self.config, self.clock.now())
            if heads - {self._vault.head}:
                self._new_key.set()
            self.rulebook = make_rulebook(
                self._loaded, self.config, records.phrases.all(), running=True
            )
            self.worker = make_worker(
                records,
                self.config,
                self._loaded,
                clock=self.clock,
                calendar=self.calendar,
                metrics=self.metrics,
                post=post,
                rulebook=self.rulebook,
            )
            self.door = Door(self.worker, post.known)
            post(records.outbox.unsettled())
            tasks = self._employ(post)
            alarm = AlarmClock(self.door.tick)
            control = ControlSocket(folder, self.answer)
            web = _Web(self._app(), self.config.web.host, self.config.web.port)
            try:
                self.worker.start()
                tasks.append(asyncio.create_task(self._renew_rules()))
                tasks.append(asyncio.create_task(self._reseal()))
                tasks.append(asyncio.create_task(self._watch_trouble()))
                await control.start()
                self.web_port = await web.start()
                if self._alarm:
                    alarm.start()
                # Each statement gives up the interpreter; with the usual 5 ms the worker would wait
                # that long to get it back whenever the loop is busy.
                sys.setswitchinterval(_SWITCH_SECONDS)
                # What is loaded by now stays: no collection need walk through it again.
                gc.collect()
                gc.freeze()
                _give_back()
                for fault in self.forms.faults:
                    _log.warning("forms", trouble=fault)
                _log.info("started", accounts=len(self.adapters))
                yield self
            finally:
                gc.unfreeze()
                alarm.stop()
                await web.stop()
                await control.stop()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await asyncio.to_thread(self.worker.stop)
                _log.info("stopped")

    async def answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer a command from the socket."""
        match request.get("do"):
            case "submit":
                event = _submitted(str(request["kind"]), str(request["body"]))
                await self.door.put_and_wait(event)
                return {"done": True}
            case "groups":
                return {"groups": await self._live_groups()}
            case "members":
                account, group = str(request["account"]), str(request["group"])
                return {"members": await self._live_members(account, group)}
            case "rotate":
                now = self.clock.now()
                number = await self.door.read(
                    lambda records: new_key(records, self._vault, self.config, now)
                )
                self._new_key.set()
                return {"key": number}
            case "status":
                return {
                    "accounts": [
                        {"name": each.name, "account": each.account, "trouble": each.trouble}
                        for each in self.adapters
                    ],
                    "faults": [
                        *self.rulebook.faults,
                        *self.forms.faults,
                        *await self.door.read(self._unreached),
                    ],
                }
        raise BotError("不认识的命令，请用同一版本的 qungui。")

    async def _renew_rules(self) -> None:
        """Look every second whether lists or allowed phrases changed; a failure changes nothing."""
        told: tuple[str, ...] = ()
        while True:
            if (faults := self.rulebook.faults) != told:
                told = faults
                for fault in faults:
                    _log.warning("rules", trouble=fault)
            await asyncio.sleep(RENEW_SECONDS)
            try:
                phrases = await self.door.read(lambda records: records.phrases.all())
                if await asyncio.to_thread(self.rulebook.refresh, phrases):
                    _log.info("rules renewed", rules=len(self.rulebook.current().rules))
            except (BotError, DatabaseError, OSError) as error:  # the rules in use stay in use
                _log.fault("rules not renewed", error)

    async def _reseal(self) -> None:
        """After each change of keys seal all again, in small steps between the events."""
        while True:
            await self._new_key.wait()
            self._new_key.clear()
            position: Position | None = Position()
            while position is not None:
                try:
                    position = await self.door.read(partial(_reseal_step, self._vault, position))
                except (BotError, DatabaseError) as error:  # what is left keeps its old key
                    _log.fault("not resealed", error)
                    break
                await asyncio.sleep(RESEAL_PAUSE_SECONDS)
            else:
                _log.info("resealed", key=key_id(self._vault.head))

    async def _watch_trouble(self) -> None:
        """Look now and then whether the operator should hear of an account."""
        while True:
            await asyncio.sleep(TROUBLE_SECONDS)
            await self.look_for_trouble()

    async def look_for_trouble(self) -> None:
        """Mail the operator what keeps accounts from working, where he has an address for it."""
        address = self.config.office.trouble_mail
        text = self._trouble.look(self.adapters, self.clock.now())
        if text and address and self._mail is not None:
            await self._mail.tell(address, f"{self.config.office.name}：群规程序需要处理", text)

    def _unreached(self, records: UnitOfWork) -> tuple[str, ...]:
        """Return what no account watches, and whom nothing reaches where ids end with the login."""
        changing = [
            each.account
            for each in self.adapters
            if each.account and each.trouble is None and Ability.STABLE_IDS not in each.abilities
        ]
        known = [each.account for each in self.adapters if each.account]
        # While an account is not known, nobody can tell whether it is the one.
        all_known = len(known) == len(self.adapters)
        return (
            *(unserved(records.groups, known) if all_known else ()),
            *unreached(records.groups, records.people, changing),
        )

    async def _live_groups(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = []
        for adapter in self.adapters:
            if adapter.account is None:
                continue
            outcome = await adapter.perform(DrawGroups(account=adapter.account))
            for answer in outcome.answers:
                if isinstance(answer, GroupsDrawn):
                    listed += [
                        {
                            "account": adapter.account,
                            "id": group.platform_id,
                            "name": group.name,
                            "members": group.member_count,
                        }
                        for group in answer.groups
                    ]
        return listed

    async def _live_members(self, account: str, group: str) -> list[dict[str, Any]]:
        """Return who is in a group now; that somebody looked is kept on record.

        Where ids end with the login nobody can be named by his: the list is empty.
        """
        adapter = next((each for each in self.adapters if each.account == account), None)
        if adapter is None:
            raise BotError("机器人没有登录这个群的账号。")
        if adapter.trouble is None and Ability.STABLE_IDS not in adapter.abilities:
            return []
        outcome = await adapter.perform(DrawMembers(account=account, group=group))
        drawn = next((each for each in outcome.answers if isinstance(each, MembersDrawn)), None)
        if drawn is None:
            raise BotError(f"取不到成员名单（{outcome.reason or '没有回答'}），请稍后再试。")
        now = self.clock.now()
        look = Record(actor="operator", deed="members.listed", subject=f"chat:{group}")
        await self.door.read(lambda records: records.audit.add(look, now))
        return [
            {
                "user": each.user,
                "card": each.card,
                "nickname": each.nickname,
                "standing": each.standing.value,
            }
            for each in drawn.members
            if not each.robot and each.user != account.partition(":")[2]
        ]

    def _employ(self, post: Post) -> list["asyncio.Task[None]"]:
        self.adapters += [self._open(account) for account in self.config.accounts]
        closed = [each for each in self.adapters if isinstance(each, Unopened)]
        if closed and len(closed) == len(self.adapters):
            raise BotError("\n".join(f"账号 {each.name}：{each.trouble}" for each in closed))
        tasks: list[asyncio.Task[None]] = []
        for account, adapter in zip(self.config.accounts, self.adapters, strict=True):
            for sentence in limits_of(account, self._loaded):
                self._out(sentence)
            if isinstance(adapter, Unopened):
                self._out(f"账号 {account.name}：{adapter.trouble}")
                _log.warning("account not opened", adapter=account.name)
            pace = self._pace or Pace(between=account.pace_seconds)
            tasks += self._set_to_work(adapter, pace, post)
        render = make_render(self.forms)
        mail_pace = self.config.mail.pace_seconds if self.config.mail else 0.0
        self._mail = make_mail(self.config, render, self.clock)
        put = make_folder(self.config, render, self.clock)
        for carrier, between in (
            (self._mail or NotConfigured(mail.ACCOUNT), mail_pace),
            (put or NotConfigured(folder.ACCOUNT), 0.0),
        ):
            pace = replace(self._pace or Pace(between=between), look_after=(0.0,))
            tasks += self._set_to_work(carrier, pace, post, chat=False)
        return tasks

    def _open(self, account: Account) -> Adapter:
        """Open an account; where it cannot be opened, the others work all the same."""
        try:
            return self._loaded.platforms[account.platform].open(
                Opening(
                    name=account.name,
                    settings=account.settings,
                    token=account.token.get_secret_value(),
                    clock=self.clock,
                    count=lambda kind, reason: self.metrics.event_dropped(f"{kind}:{reason}"),
                    folder=self.config.store.folder,
                    out=self._out,
                    timing=self._timing,
                )
            )
        except BotError as error:
            return Unopened(account.name, str(error))

    def _set_to_work(
        self, adapter: Adapter, pace: Pace, post: Post, *, chat: bool = True
    ) -> list["asyncio.Task[None]"]:
        courier = Courier(
            adapter, pace=pace, clock=self.clock, submit=self.worker.submit, patient=chat
        )
        post.employ(adapter, courier, chat=chat)
        return [
            asyncio.create_task(supervise(adapter, self.door)),
            asyncio.create_task(courier.run()),
        ]

    def _app(self) -> Any:
        return make_app(
            doors={
                path: endpoint
                for platform in self._loaded.platforms.values()
                for path, endpoint in platform.doors(self.adapters).items()
            },
            healthy=lambda: all(each.trouble is None for each in self.adapters),
            metrics=self.metrics.exposition,
        )


@contextlib.contextmanager
def opened(config: Config) -> Iterator[UnitOfWork]:
    """Open store and vault for writing; a key is made only together with a new store."""
    with opened_with_keys(config) as (records, _, _):
        yield records


@contextlib.contextmanager
def opened_with_keys(config: Config) -> Iterator[tuple[UnitOfWork, Vault, frozenset[bytes]]]:
    """Open store and vault for writing; give also what the sealed bytes in it begin with."""
    path = config.store.folder / STORE_NAME
    config.store.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    vault = Vault.open(
        config.store.key_file, create=not path.exists(), suite=Suite(config.store.suite)
    )
    path.touch(mode=0o600)  # before SQLite does: the log beside it gets the same rights
    with contextlib.closing(open_store(path, migrate=False)) as connection:
        heads = prove(connection, vault)  # before the schema changes: a wrong key harms nothing
    with contextlib.closing(open_store(path)) as connection:
        yield UnitOfWork(connection, vault), vault, heads


def new_key(records: UnitOfWork, vault: Vault, config: Config, now: datetime) -> int:
    """Seal with a new key from now on, of the configured suite, and return its id."""
    number = vault.rotate(Suite(config.store.suite))
    records.audit.add(Record(actor="operator", deed="key.rotated", subject=f"key:{number}"), now)
    return number


def rotate_offline(config: Config) -> int:
    """Change the key while no bot runs, seal all again, and return the new key's id."""
    now = SystemClock().now()
    with (
        locked(config.store.folder, now=now, what="命令"),
        opened_with_keys(config) as (records, vault, _),
    ):
        with records.transaction():
            number = new_key(records, vault, config, now)
        position: Position | None = Position()
        while position is not None:
            with records.transaction():
                position = _reseal_step(vault, position, records)
    return number


def _reseal_step(vault: Vault, position: Position, records: UnitOfWork) -> Position | None:
    return reseal(records.connection, vault, position)


def submit_offline(config: Config, loaded: Plugins, events: Sequence[Event]) -> Sequence[BotError]:
    """Put events through the pipeline while no bot runs; what is to be sent waits for one.

    Returns why events were refused; the others are committed.
    """
    clock = SystemClock()
    with locked(config.store.folder, now=clock.now(), what="命令"), opened(config) as records:
        worker = make_worker(
            records,
            config,
            loaded,
            clock=clock,
            calendar=make_calendar(config),
            metrics=Metrics(),
            post=_Nowhere(),
        )
        waiting: list[Future[None]] = [Future() for _ in events]
        worker.run_batch(
            [Arrived(event, done) for event, done in zip(events, waiting, strict=True)]
        )
    errors = [error for done in waiting if (error := done.exception(timeout=0)) is not None]
    for error in errors:
        if not isinstance(error, BotError):
            raise error
    return [error for error in errors if isinstance(error, BotError)]


class _Nowhere:
    """Where letters go while no bot runs: they stay in the outbox."""

    def __call__(self, letters: Sequence[Letter]) -> None:
        """Do nothing."""

    def online(self) -> Mapping[str, bool]:
        """Return no account."""
        return {}

    def abilities(self) -> Mapping[str, Any]:
        """Return no abilities."""
        return {}


def make_worker(
    records: UnitOfWork,
    config: Config,
    loaded: Plugins,
    *,
    clock: Clock,
    calendar: Calendar,
    metrics: Metrics,
    post: Post | _Nowhere,
    rulebook: Rulebook | None = None,
) -> Worker:
    """Build the worker with everything it decides by."""
    rulebook = rulebook or make_rulebook(loaded, config, records.phrases.all(), running=True)
    in_use = rulebook.current
    find_clauses = clauses_for(loaded, config)
    verbs = tuple(each for workflow in loaded.workflows for each in workflow.commands)
    office = Office(name=config.office.name, contact=config.office.contact)
    terms = Terms(**config.retention.model_dump())
    roster = LatestRoster(records.people, office=office.name)

    def context(settings: object) -> Context[Any]:
        return Context(
            now=clock.now(),
            settings=settings,
            calendar=calendar,
            office=office,
            terms=terms,
            groups=records.groups,
            people=records.people,
            codes=records.codes,
            members=records.members,
            joins=records.joins,
            audits=records.audits,
            requests=records.requests,
            filings=records.filings,
            roster=roster,
            findings=records.findings,
            alerts=records.alerts,
            dialogues=records.dialogues,
            duties=records.duties,
            clauses=loaded.clauses,
            rules=in_use().rules,
            verbs=verbs,
            abilities=post.abilities(),
            online=post.online(),
        )

    def cite(flagged: Flagged) -> tuple[str, ...]:
        return tuple(clause.code for clause in find_clauses(flagged.flag.topic))

    return Worker(
        records=records,
        decider=Decider(loaded.workflows, _workflow_settings(config, loaded), context),
        screen=lambda text: screened(in_use().engine, text),
        cite=cite,
        slow=SlowScreening(lambda: partial(screened_apart, in_use().spec)),
        clock=clock,
        metrics=metrics,
        post=post,
    )


class _Quiet(uvicorn.Server):
    """Uvicorn without its own signal handlers: the command line has them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class _Web:
    """The web application in the running loop; without reverse accounts it serves all the same."""

    def __init__(self, app: Any, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._server = _Quiet(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                ws_max_size=64 << 20,
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Take the port and serve; BotError when it is taken."""
        try:
            listening = socket.create_server((self._host, self._port))
        except OSError as error:
            raise BotError(
                f"端口 {self._port} 已被占用，请在 [web] port 换一个，或停掉占用它的程序。"
            ) from error
        # asyncio sets this only on sockets that name their protocol, which these do not; without
        # it a call over a reverse connection can wait 40 ms for the peer's delayed ACK.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        return int(listening.getsockname()[1])

    async def stop(self) -> None:
        """Close every connection."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


def _give_back() -> None:
    """Give the memory that only the start needed back to the machine, where its C library can."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _workflow_settings(config: Config, loaded: Plugins) -> Mapping[str, object]:
    terms = next((each for each in loaded.workflows if each.name == _RETENTION), None)
    if terms is None:
        return config.workflows
    return {**config.workflows, _RETENTION: terms.settings(**config.retention.model_dump())}


def _submitted(kind: str, body: str) -> Event:
    if kind not in _SUBMITTED:
        raise BotError(f"命令里的事件 {kind} 不能从这里提交。")
    try:
        return decode_event(kind, body)
    except msgspec.DecodeError as error:
        raise BotError("命令的内容不完整，请用同一版本的 qungui。") from error

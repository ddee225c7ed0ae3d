"""Speed of screening, side by side: our whole screening, pyahocorasick, textfilter, NoneBot2.

Ours is everything: all rules, all views, spans in the original, for lists of 1,000, 10,000 and
100,000 words beside the rules' own. pyahocorasick only finds the same words in the text as it is.
NoneBot2 only dispatches an event to one handler that does nothing. Then single messages: how long
the slowest take, long ones and hostile ones, and whether twice the text takes twice the time.
"""

import asyncio
import gc
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import ahocorasick
from textfilter.textfilter import DFAFilter

from bench import corpora
from bot.model.finding import Severity, Span, Topic
from bot.screening.engine import LONG_TEXT, Engine
from bot.screening.rule import Answer, Hit, Rule, Sighting

SIZES = (1_000, 10_000, 100_000)
MESSAGES = 5_000
ROUNDS = 9
HOSTILE = {
    "one word over and over": "百家乐",
    "a word and an offer": "百家乐加微信",
    "what sounds like a word": "摆佳乐",
    "pinyin without spaces": "baijiale",
    "pinyin with spaces": "bai jia le ",
    "almost pinyin": "zhuangzhuangq",
    "parts of characters": "贝者",
    "numerals": "一三八零",
    "digits": "1380013800",
    "digits in groups": "1 3 8 ",
    "a link that never ends": "http://a.",
    "dots": "a.a-",
    "brackets": "（秘密【",
    "markings": "机密★",
    "spaces": "密 ",
    "an account": "加v a-",
    "double endings": ".doc.doc",
    "traditional and marks": "賭\u0301\u200b",
}
"""What each hostile text repeats: beginnings and near-matches of what rules look for."""


def operator_rule(count: int) -> Rule:
    """Return a rule of an operator's list of so many words: every hit is reported."""

    def check(sighting: Sighting) -> Iterator[Answer]:
        for word in sighting.words:
            span = Span(start=word.start, end=word.end)
            yield Hit(spans=(span,), signals=("词语",), foldings=word.foldings)

    return Rule(
        code="operator",
        version=1,
        topic=Topic.SENSITIVE,
        severity=Severity.LOW,
        title="单位自备词表",
        words=dict.fromkeys(corpora.rare_words(count), 1),
        check=check,
    )


def engine_with(count: int) -> Engine:
    return Engine([*corpora.load_rules(), operator_rule(count)])


def pyahocorasick_of(engine: Engine) -> ahocorasick.Automaton:
    """Return pyahocorasick's automaton of all the words of an engine's rules."""
    automaton = ahocorasick.Automaton()
    for rule in engine.rules:
        for word in rule.words:
            automaton.add_word(word, word)
    automaton.make_automaton()
    return automaton


def textfilter_of(engine: Engine) -> DFAFilter:
    """Return textfilter's automaton of all the words of an engine's rules."""
    words = DFAFilter()
    for rule in engine.rules:
        for word in rule.words:
            words.add(word)
    return words


def each(work: Callable[[str], object], texts: list[str]) -> float:
    """Return microseconds of processor time a text in one round."""
    before = time.process_time()
    for text in texts:
        work(text)
    return (time.process_time() - before) / len(texts) * 1e6


def side_by_side(texts: list[str], works: dict[str, Callable[[str], object]]) -> dict[str, float]:
    """Return the median of each, the rounds of all of them interleaved."""
    for work in works.values():
        each(work, texts)
    rounds = [{name: each(work, texts) for name, work in works.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(one[name] for one in rounds) for name in works}


def nonebot_dispatch() -> Callable[[str], object]:
    """Return NoneBot2's dispatch of one group message to one matcher."""
    import nonebot
    from nonebot.adapters.onebot.v11 import Adapter, Bot, GroupMessageEvent
    from nonebot.log import logger
    from nonebot.message import handle_event

    logger.remove()
    nonebot.init(driver="~none", log_level="ERROR")
    bot = Bot(Adapter(nonebot.get_driver()), "10000")

    @nonebot.on_message(priority=1, block=True).handle()
    async def nothing() -> None: ...

    loop = asyncio.new_event_loop()

    def dispatch(text: str) -> None:
        event = GroupMessageEvent(
            time=0, self_id=10000, post_type="message", sub_type="normal", user_id=10001,
            message_type="group", message_id=1, message=text, original_message=text,
            raw_message=text, font=0, group_id=1, sender={"user_id": 10001, "nickname": "某"},
        )  # fmt: skip
        loop.run_until_complete(handle_event(bot, event))

    return dispatch


def table(texts: list[str]) -> Engine:
    """Print the whole way for each size; return the engine with 10,000 words."""
    engines = {size: engine_with(size) for size in SIZES}
    works: dict[str, Callable[[str], object]] = {}
    for size, engine in engines.items():
        automaton = pyahocorasick_of(engine)
        works[f"qungui {size}"] = engine.screen
        works[f"pyahocorasick {size}"] = lambda text, automaton=automaton: list(
            automaton.iter(text)
        )
        works[f"textfilter {size}"] = textfilter_of(engine).filter
    if find_spec("nonebot") is not None:
        works["NoneBot2 dispatch"] = nonebot_dispatch()
    sample = works.pop("NoneBot2 dispatch", None)
    # What is built stays: the collector need not walk it for every message.
    gc.collect()
    gc.freeze()
    took = side_by_side(texts, works)
    if sample is not None:
        took |= side_by_side(texts[:500], {"NoneBot2 dispatch": sample})
    flagged = {
        size: sum(bool(engine.screen(text).flags) for text in texts)
        for size, engine in engines.items()
    }
    print(
        f"\n{'microseconds a message':28}" + "".join(f"{size:>10,}" for size in SIZES) + "  words"
    )
    for name in ("qungui", "pyahocorasick", "textfilter"):
        print(f"{name:28}" + "".join(f"{took[f'{name} {size}']:>10.1f}" for size in SIZES))
    ratios = (took[f"pyahocorasick {size}"] / took[f"qungui {size}"] for size in SIZES)
    print(f"{'times pyahocorasick':28}" + "".join(f"{ratio:>10.2f}" for ratio in ratios))
    if sample is not None:
        dispatch = took["NoneBot2 dispatch"]
        print(f"{'NoneBot2, dispatch':28}" + f"{dispatch:>10.1f}" * len(SIZES))
        ratios = (dispatch / took[f"qungui {size}"] for size in SIZES)
        print(f"{'times NoneBot2':28}" + "".join(f"{ratio:>10.1f}" for ratio in ratios))
    print(
        f"{'messages flagged':28}"
        + "".join(f"{flagged[size] / len(texts):>10.2%}" for size in SIZES)
    )
    print(f"100,000 words cost {took['qungui 100000'] / took['qungui 1000']:.2f} times 1,000")
    return engines[10_000]


def milliseconds(engine: Engine, text: str, rounds: int = 3) -> float:
    """Return the least milliseconds of a few rounds over one text."""
    return min(each(engine.screen, [text]) for _ in range(rounds)) / 1e3


def single_messages(engine: Engine, texts: list[str]) -> None:
    """Print the slowest single messages, and the long ones."""
    every = [*texts, *corpora.clean(), *(text for text, _ in corpora.positives())]
    took = sorted(milliseconds(engine, text) for text in every)
    print(f"\none of {len(every):,} messages: median {took[len(took) // 2]:.3f} ms, p99 "
          f"{took[len(took) * 99 // 100]:.3f} ms, slowest {took[-1]:.3f} ms")  # fmt: skip
    talk = "".join(texts)
    work = "\n".join(text for text in corpora.clean())
    for name, text in (("ordinary sentences", talk), ("work talk", work)):
        print(f"10,000 characters, {name}: {milliseconds(engine, text[:10_000]):.1f} ms")


def hostile(engine: Engine) -> None:
    """Print what hostile texts of 10,000 characters take, and twice and 1 MB of them."""
    print(
        f"\n{'hostile text':28}{'10,000':>9}{'20,000':>9}{'ratio':>7}{'1,000,000':>11}  characters, ms"
    )
    for name, unit in HOSTILE.items():
        once, twice, megabyte = (
            unit * (size // len(unit)) for size in (LONG_TEXT // 2, LONG_TEXT, 1_000_000)
        )
        first, second = milliseconds(engine, once), milliseconds(engine, twice)
        last = milliseconds(engine, megabyte, rounds=1)
        print(f"{name:28}{first:>9.1f}{second:>9.1f}{second / first:>7.2f}{last:>11.0f}")


def memory() -> None:
    """Print what an engine with everything loaded takes, each in a process of its own."""
    for size in SIZES:
        code = f"from bench.screening_speed import report_memory; report_memory({size})"
        root = Path(__file__).parents[1]
        subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def report_memory(size: int) -> None:
    """Print the peak of this process once an engine is built and jieba's words are loaded."""
    before = time.perf_counter()
    engine = engine_with(size)
    built = time.perf_counter() - before
    engine.screen("摆佳勒网站，澳门新葡京 du bo，加微信 abc12345")
    status = Path("/proc/self/status").read_text("ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(f"{size:>9,} words: built in {built:.1f} s, peak of the process {peak:.0f} MB")


def machine() -> str:
    """Return the processor and the Python that this ran on."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "?")
    return f"{model}, Python {platform.python_version()}, one thread, median of {ROUNDS} rounds"


def main() -> None:
    """Print all tables."""
    print(machine())
    texts = corpora.sentences(MESSAGES)
    average = sum(map(len, texts)) / len(texts)
    print(f"{len(texts):,} sentences of jieba's words by frequency, {average:.1f} characters each")
    engine = table(texts)
    single_messages(engine, texts)
    hostile(engine)
    print()
    memory()


if __name__ == "__main__":
    main()

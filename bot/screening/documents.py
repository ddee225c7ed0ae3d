"""What the rules about documents share: where to look, and who passes on or forbids.

A *marking* stands on a document; *talk* about documents does not. Both use the same words, so the
rules look at the sentence: who sends something to whom, and whether the sentence forbids it.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from bot.screening.rule import Sighting

NEAR: Final = 60
"""Characters around a word in which a marking or a sentence about it is looked for."""

ENOUGH: Final = 60
"""Answers of a rule about one text; nobody reads more, and a hostile text must not cost more."""

FILE_ENDING: Final = r"(?:docx?|wps|pdf|ofd|xlsx?|et|pptx?|txt|rtf|zip|rar|7z|jpe?g|png|tiff?)"
"""Endings of files that are documents, in the plain view."""

_TARGET = r"(?:群|大家|大伙|各位|你|我|他|她|同事|同学|同志|朋友|亲戚|家属|微信|qq|钉钉|邮箱|网盘|云盘|公众号|网上|外面|外单位|这里|这儿|过来|出来)"
SENDING: Final = re.compile(
    rf"(?:转发|发送|群发|上传|分享|共享|拍照|翻拍|偷拍|扫描|截图|复印|发|传|拍|转|扫|截|贴|拷|晒|甩|丢)"
    rf"(?![票文函改行布达])[^。！？!?\n，,；;]{{0,6}}?{_TARGET}"
    r"|(?:微信|qq|群里?|钉钉)上?(?:传|发|转)(?![票文函])|(?:打|转|整理)成(?:文字|图片|pdf)|打出来|(?:想[看要听]|需要|要)的(?:私聊|找我|扣|说|自己|听|滴)|(?:谁要|要的)[^。！？!?\n，,]{0,4}(?:发|传|拍)|偷偷?录|录了音|录下来|(?:念|读|背|讲|抄|说|给)(?:给|出来给)(?:你|大家|各位)|给(?:你们|大家|各位)[^。！？!?\n，,；;]{0,3}(?:截|看|拍|发|念|瞧)|抄(?:了|下来?|在)"
    r"|(?:直接|将就|先|自己|你们)看图?|照片见下|见下图|如图|见图"
    r"|(?:放|存|丢|贴|在)(?:到|在|进)?[^。！？!?\n，,；;]{0,3}?群(?:文件|里|共享|相册|了|上)"
    r"|(?:拍|扫描|扫|截图|翻拍|偷拍|复印)(?:了(?!吗|没)|下来|下了|好了|完了|照了|几张|几页|一份|一张|走)"
    r"|(?:大家|你们|各位|领导们?)[^。！？!?\n，,；;]{0,3}(?:看看|看一下|看下|瞅瞅|先看|过目)"
    r"|(?:谁有|求一?[份个]|谁能)[^。！？!?\n]{0,20}(?:电子版|扫描件|照片|原文|原件|发)"
    r"|(?:原文|内容|全文|要点|正文)如下|原文在这|要的(?:私聊|找我|扣)"
)
"""Somebody passes something on, or asks for it; in the plain view."""

KEPT_IN: Final = re.compile(
    r"(?:不外传|不上网|不登报|(?:不得|严禁|禁止|请勿|切勿|勿|别|不要|不能|不可|不准|不许|谢绝|莫)(?:随意|擅自|私自|再|向外|往外|对外|到处"
    r"|以任何形式|向群外|向无关人员|给外人|给别人){0,2}"
    r"(?:传(?![真达统])|转(?![账款办])|上网|登报|外传|外泄|外发|外流|扩散|传播|转发|转载|泄露|流出|公开|传出去|发出去|转出去|说出去|翻印|散发|散布|截图|提供))"
    r"|(?:看完|看后|阅后|看了|阅完)[^。！？!?\n，,]{0,4}(?:删|撤|烧|焚|销毁|收回)"
)
"""The sender wants it to stay among those who read it; in the plain view."""

FORBIDDEN: Final = re.compile(
    r"严禁|禁止|不得|不准|不能|不要|切勿|请勿|别(?![人的处])|(?<!外)勿|不可|不许|不应|不宜|严防|杜绝|防止|避免"
    r"|不允许|违规|违反|不涉密|非涉密|非密|脱密|已解密|自查|排查|清查|是否|能不能|可不可以|会不会|没有把|从未|不发"
    r"|不传|不存|不上|不拍|拒绝|抵制|已(?:按规定|全部|如数)?(?:清退|销毁|归档|移交|上交|登记)"
)
"""The sentence forbids, doubts or denies; in the plain view."""

REPORTED: Final = re.compile(
    r"处分|案例|警示|泄密|失密|窃密|被给予|追究|查处|问责|案件|某(?:单位|局|干部|部门|科室|工作人员|机关|省|市|县)|被查|违纪|判处|通报批评|保密(?:常识|提示|提醒|培训|教育|宣传|知识"
    r"|课|法|纪律|要求|承诺|考试|测试)|这道?题|判断题|选择题|答题|题库|正确的是|错误的是|做法"
)
"""The text teaches or reports a case; in the plain view."""

_SENTENCE_END = re.compile(r"[。！!\n；;]")


def stretches(sighting: Sighting) -> tuple[tuple[int, int], ...]:
    """Return the stretches of the plain view around the rule's words, overlapping ones joined."""
    joined: list[tuple[int, int]] = []
    for word in sighting.words:
        start, end = sighting.position(word.start), sighting.position(word.end)
        first, last = max(start - NEAR, 0), min(end + NEAR, len(sighting.plain))
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return tuple(joined)


def sentences(plain: str, around: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the sentences of the stretches around the words; those at their ends may be cut."""
    for first, last in around:
        ends = [mark.end() for mark in _SENTENCE_END.finditer(plain, first, last)]
        yield from pairwise(dict.fromkeys((first, *ends, last)))


def line_around(plain: str, start: int, end: int) -> str:
    """Return what stands around a stretch on its own line, at most `NEAR` to each side."""
    first = max(plain.rfind("\n", 0, start) + 1, start - NEAR)
    stop = plain.find("\n", end, end + NEAR)
    return plain[first : stop if stop >= 0 else end + NEAR]

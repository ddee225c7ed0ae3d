"""The vocabulary of qungui: frozen values and ports, standard library only.

Glossary (Chinese term, the name used in code):

工作群 Group · 群主 owner · 群管理员 administrator · 分管领导 leader in charge ·
机关党委 party committee office (`committee`) · 科室 unit · 群成员 Member · 实名 real name ·
入群/退群 join/leave · 备案 filing · 回执 receipt · 条款 clause · 违规 finding · 误报 false positive ·
提醒 alert · 公告 notice · 督办单 rectification order · 销号 close out · 台账 ledger · 通报 bulletin ·
举报 report · 申诉 appeal · 涉密 classified · 周核查 weekly audit · 值班 duty · 交接 handover ·
先审后发 review before publishing · 盲区 blind interval · 补查 caught up

Conventions: times are aware datetimes in UTC (`_at`), days are dates in Asia/Shanghai (`_on`);
the day of an event is not counted in a term. An account is written `platform:id` (`qq:10001`);
users and groups of a platform are its own ids as text.
"""

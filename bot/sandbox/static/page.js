// The sandbox's page: shows what the server sends, asks for deeds, and never writes HTML from text.

const at = (id) => document.getElementById(id);
const hash = new URLSearchParams(location.hash.slice(1));
const look = {
  me: Number(hash.get("me")) || 20013,
  group: Number(hash.get("group")) || (hash.get("peer") ? 0 : 700001),
  peer: Number(hash.get("peer")) || 0,
  phone: Number(hash.get("phone")) || 0,
  frames: hash.has("frames"),
};
const FRAMES_KEPT = 200;
const WEEKDAYS = "日一二三四五六";
const FAULTS = [
  ["offline", "机器人掉线", "断开连接并拒绝重连；期间的消息只留在历史里"],
  ["silent_peer", "对端装死", "连接还在，但什么都不回、没有心跳"],
  ["no_history", "没有历史接口", "历史查询一律答 1404"],
  ["hollow_recall", "撤回只说成功", "应答 ok，其实没有撤回"],
  ["hollow_kick", "移出只说成功", "应答 ok，其实人还在群里"],
  ["private_fails", "私聊发不出", "所有私聊都失败"],
  ["stale_lists", "名单是旧的", "成员名单先给上一次的缓存"],
  ["short_lists", "名单不全", "成员名单只给出一半"],
];
const SENDING = {
  normal: "正常",
  times_out_delivered: "报超时，其实送达",
  times_out_lost: "报超时，没有送达",
  unanswered: "一直不应答",
};
const FLAVOURS = { napcat: "NapCat", llbot: "LuckyLilliaBot" };
const DEFAULT_CHIPS = ["待办", "状态", "帮助"];
const COMMAND = /备案 \d{1,7} (?:属实|不实|同意|改正|再发|已到|已报|未到)|(?:回执|退回) \d{1,7}|(?:撤回|提醒|误报|确认|上报|为什么|看|申诉)\s?\d{1,3}(?!\d)|确认 ?[0-9A-Z]{3}(?![0-9A-Z])/g;

let view = null;
let socket = null;
let frames = [];
const drawn = new Map();

function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
}

/** Redraw a region only when what it shows has changed. */
function redraw(key, value, draw) {
  const text = JSON.stringify(value);
  if (drawn.get(key) === text) return;
  drawn.set(key, text);
  draw();
}

function redrawMessages(node, key, messages, options) {
  redraw(key, messages, () => {
    if (node.dataset.key !== options.key) node.dataset.low = "yes";
    node.dataset.key = options.key;
    node.replaceChildren(...bubbles(messages, options));
    stayLow(node);
  });
}

/** Keep the newest message in sight, unless one has scrolled up to read. */
function stayLow(node) {
  node.dataset.height = node.clientHeight;
  if (node.dataset.low === "yes") node.scrollTop = node.scrollHeight;
}

function bubbles(messages, options) {
  if (!messages.length) return [h("p", { class: "empty" }, options.empty)];
  const nodes = [];
  let last = 0;
  for (const message of messages) {
    if (message.at - last > 300) nodes.push(h("p", { class: "when" }, clockText(message.at)));
    last = message.at;
    nodes.push(bubble(message, messages, options));
  }
  return nodes;
}

function bubble(message, messages, options) {
  const who = message.mine ? "mine" : "theirs";
  if (message.recalled_by) {
    const self = message.recalled_by === message.name;
    const text = self ? `${message.name} 撤回了一条消息` : `${message.recalled_by} 撤回了 ${message.name} 的一条消息`;
    return h("p", { class: "recalled" }, text);
  }
  const body = h("div", { class: "bubble" });
  const quoted = messages.find((other) => String(other.id) === String(message.quoted));
  if (quoted) body.append(h("div", { class: "quote" }, `${quoted.name}：${quoted.text.slice(0, 40)}`));
  body.append(...lines(message));
  const rank = { owner: "群主", admin: "管理员" }[message.rank];
  const name = h("div", { class: "name" }, message.name,
    rank ? h("span", { class: `tag ${message.rank}` }, rank) : "",
    message.bot ? h("span", { class: "tag robot" }, "机器人") : "");
  const recall = message.recallable && options.recall
    ? h("button", { class: "recall", onclick: () => deed("recall", { message: message.id }) }, "撤回") : "";
  return h("div", { class: `line ${who}` },
    options.faces ? face(message.name, message.bot) : "",
    h("div", { class: "stack" }, options.faces && !message.mine ? name : "", h("div", { class: "row" }, body, recall)));
}

function lines(message) {
  const [first, ...rest] = message.text.split("\n");
  if (!(message.bot && first.startsWith("【"))) return [message.text];
  const urgent = /紧急|涉密|】\s*高/.test(first) ? " urgent" : "";
  return [h("div", { class: `headline${urgent}` }, first), rest.join("\n")];
}

function face(name, bot) {
  const text = name.split(/\s+/).at(-1);
  const tint = [...text].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
  return h("div", { class: bot ? "avatar bot" : `avatar c${tint}`, "aria-hidden": "true" }, bot ? "规" : text.slice(0, 1));
}

function clockText(seconds) {
  const options = { timeZone: "Asia/Shanghai", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false };
  return new Date(seconds * 1000).toLocaleString("zh-CN", options);
}

// Regions

function show() {
  const now = new Date(view.now);
  const local = new Date(now.getTime() + 8 * 3600e3);
  const time = view.now.slice(11, 16);
  at("office").textContent = `${view.office}（虚构）`;
  at("now").textContent = `${local.getUTCMonth() + 1}月${local.getUTCDate()}日 周${WEEKDAYS[local.getUTCDay()]} ${time}`;
  at("phone-time").textContent = time;
  const state = view.switches.offline ? ["已切断", "bad"] : view.connected ? ["机器人在线", "good"] : ["机器人未连接", "warn"];
  at("status").textContent = state[0];
  at("status").className = `pill ${state[1]}`;
  redraw("stories", [view.stories, view.telling.running, view.telling.name, view.telling.came_true], showStories);
  redraw("people", [view.accounts, look.me], showPeople);
  redraw("chats", [view.chats, look.group, look.peer], showChats);
  redraw("switches", view.switches, showSwitches);
  showChat();
  showPhone();
  showTelling();
  redraw("forms", view.forms, showForms);
  if (view.frames?.length) showFrames(view.frames);
}

function showStories() {
  at("stories").replaceChildren(...view.stories.map((story, index) => {
    const mine = view.telling.name === story.name;
    const mark = mine ? (view.telling.running ? " playing" : view.telling.came_true ? " done" : " failed") : "";
    const word = { " playing": "演出中…", " done": "已演完 ✓", " failed": "未如预期 ✗" }[mark] ?? "▶ 播放";
    return h("button", { class: `story${mark}`, disabled: view.telling.running, onclick: () => tell(story.name) },
      h("b", {}, String(index + 1)), h("span", { class: "story-text" }, h("strong", {}, story.title), h("small", {}, story.about)),
      h("em", {}, word));
  }));
}

function showPeople() {
  const people = view.accounts.filter((account) => !account.bot);
  at("people").replaceChildren(...people.map((account) => h("button", {
    class: account.id === look.me ? "item active" : "item", role: "option", "aria-selected": String(account.id === look.me),
    title: account.friend ? "" : "还不是机器人的好友", onclick: () => choose({ me: account.id }),
  }, face(account.name), h("span", { class: "item-text" }, h("span", { class: "item-name" }, account.name,
    ...account.roles.slice(0, 2).map((role) => h("span", { class: `tag role-${role}` }, role))), h("small", {}, account.unit)),
  account.unread ? h("b", { class: "count", title: "机器人私聊未读" }, String(account.unread)) : "")));
}

function showChats() {
  at("chats").replaceChildren(...view.chats.map((chat) => {
    const active = chat.group ? chat.group === look.group : !look.group && chat.peer === look.peer;
    const tag = chat.group && !chat.registered ? h("span", { class: "tag" }, "未登记") : "";
    return h("button", { class: `item${active ? " active" : ""}${chat.group && !chat.rank ? " outside" : ""}`,
      onclick: () => choose({ group: chat.group ?? 0, peer: chat.peer ?? 0 }, "chat") },
    chat.group ? h("div", { class: "avatar square", "aria-hidden": "true" }, chat.name.slice(0, 1)) : face(chat.name, true),
    h("span", { class: "item-text" }, h("span", { class: "item-name" }, chat.name, tag), h("small", {}, chat.last || " ")),
    chat.unread ? h("b", { class: "count" }, String(chat.unread)) : "");
  }));
}

function showSwitches() {
  const on = FAULTS.filter(([name]) => view.switches[name]).length + (view.switches.sending === "normal" ? 0 : 1);
  at("faults").hidden = !on;
  at("faults").textContent = String(on);
  const pick = (name, options, label, about) => h("label", { class: "switch" },
    h("span", {}, h("strong", {}, label), h("small", {}, about)),
    h("select", { "data-switch": name, onchange: (event) => turn(name, event.target.value) },
      ...Object.entries(options).map(([value, text]) => h("option", { value, selected: view.switches[name] === value }, text))));
  at("switch-list").replaceChildren(
    ...FAULTS.map(([name, label, about]) => h("label", { class: "switch" },
      h("span", {}, h("strong", {}, label), h("small", {}, about)),
      h("input", { type: "checkbox", "data-switch": name, checked: view.switches[name], onchange: (event) => turn(name, event.target.checked) }))),
    pick("sending", SENDING, "机器人发消息", "风控时，应答说超时"),
    pick("flavour", FLAVOURS, "模仿的实现", "改名、解散的事件各不相同"));
}

function showChat() {
  const chat = view.chat;
  const me = view.accounts.find((account) => account.id === look.me);
  at("chat-title").textContent = chat.title;
  const rank = { owner: "我是群主", admin: "我是管理员", member: "我是成员" }[chat.rank] ?? "我不在群里";
  at("chat-sub").textContent = chat.group
    ? `${chat.members.length} 人 · ${rank} · ${chat.registered ? "已登记" : "未登记：机器人不读不记不说"}` : "私聊";
  at("deeds").hidden = at("members-button").hidden = !chat.group;
  if (!chat.group) at("members").hidden = true;
  at("members-button").textContent = `成员 ${chat.members.length}`;
  at("register-button").hidden = !chat.questions?.length;
  redraw("deeds", [chat.group, chat.rank, chat.asking, look.me], showDeeds);
  redraw("members", [chat.members, chat.rank, look.me], showMembers);
  redrawMessages(at("messages"), "messages", chat.messages, {
    key: `${look.me}/${look.group}/${look.peer}`, faces: true, recall: true,
    empty: chat.group ? "还没有消息。以任何人的身份说一句话，或者点上面的剧本。" : "还没有私聊。",
  });
  const outside = chat.group && !chat.rank;
  at("composer-text").disabled = Boolean(outside);
  at("composer-text").placeholder = outside ? "你不在这个群里，可从“群操作”入群" : `以 ${me?.name ?? ""} 的身份发言，Enter 发送`;
  redraw("face", me?.name, () => at("composer-face").replaceWith(Object.assign(face(me?.name ?? "?"), { id: "composer-face" })));
}

function showForms() {
  at("forms").hidden = !view.forms.length;
  at("form-count").textContent = String(view.forms.length);
  at("form-list").replaceChildren(...view.forms.map((name) => h("a", { href: `/forms/${encodeURIComponent(name)}`, download: name }, name)).reverse());
}

function showRegister() {
  const { title, questions, members } = view.chat;
  const people = members.filter((member) => !member.bot);
  const fill = {
    text: (field) => h("input", { name: field.key, value: field.text, autocomplete: "off" }),
    day: (field) => h("input", { name: field.key, value: field.text, type: "date" }),
    long: (field) => h("textarea", { name: field.key, value: field.text, rows: 2 }),
    one: (field) => h("select", { name: field.key }, ...people.map((member) => h("option",
      { value: String(member.id), selected: field.people.includes(member.id) }, member.name))),
    many: (field) => h("span", { class: "ticks" }, ...people.map((member) => h("label", {},
      h("input", { type: "checkbox", name: field.key, value: String(member.id), checked: field.people.includes(member.id) }), member.name))),
  };
  at("register-title").textContent = `登记“${title}”`;
  at("register-fields").replaceChildren(...questions.map((field) => {
    const input = fill[field.kind](field);
    if (field.needed) input.required = true;
    return h(field.kind === "many" ? "div" : "label", { class: "field" }, h("span", {}, field.heading), input, field.note ? h("small", {}, field.note) : "");
  }));
  at("register").showModal();
}

async function register() {
  const { group, questions } = view.chat;
  const data = new FormData(at("register-form"));
  const answers = Object.fromEntries(questions.map(({ key, kind }) => [key,
    kind === "one" || kind === "many" ? data.getAll(key).map(Number) : data.get(key)]));
  if (await send(`/api/groups/${group}`, answers)) {
    at("register").close();
    choose({ phone: answers.owner[0] });
    toast("已登记，群里有须知。时钟拨快 10 分钟，群主的手机收到备案。");
  }
}

function showDeeds() {
  const { rank, title, asking } = view.chat;
  const manages = rank === "owner" || rank === "admin";
  const item = (label, run, danger) => h("button", { class: danger ? "danger" : "", onclick: () => { at("deeds").open = false; run(); } }, label);
  at("deed-list").replaceChildren(...[
    rank ? null : item("入群", () => deed("join")),
    rank ? null : item("申请入群…", () => ask("验证信息", "预算科 张三", (text) => deed("ask", { text }))),
    ...(asking ?? []).flatMap((each) => [true, false].map((yes) => item(
      `${yes ? "同意" : "拒绝"}入群：${each.name}（${each.comment || "没有写"}）`,
      () => deed("let_in", { user: each.id, yes })))),
    rank ? item("上传一个文件", () => ask("文件名", "示例名单.xlsx", (text) => deed("upload", { text }))) : null,
    rank ? item("改我的群名片", () => ask("群名片", "", (text) => deed("card", { text }))) : null,
    manages ? item("改群名", () => ask("新的群名", title, (text) => deed("rename", { text }))) : null,
    rank === "owner" ? item("转让群主…", () => { at("members").hidden = false; }) : null,
    rank && rank !== "owner" ? item("退群", () => deed("leave"), true) : null,
    rank === "owner" ? item("解散本群", () => ask(`确定解散“${title}”？`, null, () => deed("dissolve")), true) : null,
  ].filter(Boolean));
}

function showMembers() {
  const { members, rank } = view.chat;
  const button = (label, run) => h("button", { onclick: run }, label);
  at("members").replaceChildren(...members.map((member) => {
    const lower = member.id !== look.me && (rank === "owner" || (rank === "admin" && member.rank === "member"));
    const acts = [];
    if (rank === "owner" && member.id !== look.me) {
      acts.push(button(member.rank === "admin" ? "取消管理员" : "设管理员", () => deed("admin", { user: member.id, yes: member.rank !== "admin" })));
      if (!member.bot) acts.push(button("转让", () => ask(`把群主转让给 ${member.name}？`, null, () => deed("transfer", { user: member.id }))));
    }
    if (lower) acts.push(button("踢出", () => ask(`把 ${member.name} 移出本群？`, null, () => deed("kick", { user: member.id }))));
    return h("div", { class: "member" }, face(member.name, member.bot), h("span", { class: "member-name" }, member.name,
      member.rank === "member" ? "" : h("span", { class: `tag ${member.rank}` }, member.label)),
    h("span", { class: "acts" }, ...acts));
  }));
}

function showPhone() {
  const phone = view.phone;
  redraw("phone-who", [view.accounts.map((account) => account.name), look.phone, phone.user], () => {
    const people = view.accounts.filter((account) => !account.bot);
    at("phone-who").replaceChildren(h("option", { value: "0", selected: !look.phone }, `本群群主（${view.accounts.find((a) => a.id === phone.user)?.name ?? "—"}）`),
      ...people.map((account) => h("option", { value: String(account.id), selected: look.phone === account.id }, `${account.name} · ${account.roles[0] ?? account.unit}`)));
  });
  at("phone-title").textContent = view.accounts.find((account) => account.id === view.bot)?.name ?? "";
  at("phone-sub").textContent = `${phone.name}的手机${phone.roles.length ? ` · ${phone.roles.join("、")}` : ""}`;
  redrawMessages(at("phone-messages"), "phone", phone.messages, {
    key: `phone/${phone.user}`, faces: false, recall: false,
    empty: phone.friend ? "机器人的私聊提醒会出现在这里。" : "这个人还不是机器人的好友：私聊发不到。",
  });
  redraw("chips", [phone.user, phone.messages.at(-1), phone.friend], () => showChips(phone));
}

function showChips(phone) {
  const last = phone.messages.filter((message) => message.bot && message.text).at(-1);
  const found = last ? [...new Set(last.text.match(COMMAND) ?? [])].slice(0, 8) : [];
  const chip = (text, run, label = text) => h("button", { type: "button", class: found.includes(text) ? "chip strong" : "chip", onclick: run }, label);
  const rest = (text) => last?.text.match(new RegExp(`${text} (?:\\d+ )?(理由|编号)`))?.[1];
  const chips = [...found, ...DEFAULT_CHIPS].map((text) => (rest(text)
    ? chip(text, () => begin(text), `${text} ${rest(text)}…`) : chip(text, () => reply(text))));
  if (!phone.friend) chips.unshift(chip("申请加机器人为好友", () => deed("befriend", { me: phone.user, group: 0 })));
  at("chips").replaceChildren(...chips);
}

function begin(text) {
  at("phone-text").value = `${text} `;
  at("phone-text").focus();
}

function showTelling() {
  const { lines: told, running, came_true: cameTrue, name } = view.telling;
  redraw("telling", [told, running, cameTrue], () => {
    const box = at("telling");
    if (running && told.length <= 1) box.hidden = false;
    const story = view.stories.find((other) => other.name === name);
    at("telling-title").textContent = `旁白 · ${story?.title ?? ""}`;
    at("telling-lines").replaceChildren(...told.map((line) => {
      const kind = line.includes("✓") ? "ok" : line.includes("✗") ? "no" : line.includes("│") ? "said" : "";
      return h("li", { class: kind }, line.replace(/^ {3}/, ""));
    }), running ? h("li", { class: "wait" }, "…") : "");
    at("telling-lines").scrollTop = at("telling-lines").scrollHeight;
  });
}

function showFrames(fresh) {
  const box = at("frames");
  const low = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  frames = [...frames, ...fresh].slice(-FRAMES_KEPT);
  box.append(...fresh.map(frameRow));
  while (box.children.length > FRAMES_KEPT) box.firstChild.remove();
  if (low) box.scrollTop = box.scrollHeight;
}

function frameRow(frame) {
  let value = null;
  try { value = JSON.parse(frame.text); } catch { /* cut off: shown as it is */ }
  const kind = frame.inbound ? "call" : value?.post_type ? "event" : "answer";
  const what = frame.inbound ? value?.action : value?.post_type
    ? [value.post_type, value.notice_type ?? value.request_type ?? value.message_type ?? value.meta_event_type, value.sub_type].filter(Boolean).join(" / ")
    : `${value?.status ?? ""} ${value?.retcode ?? ""}`;
  const calm = value?.meta_event_type === "heartbeat" || /^get_/.test(value?.action ?? "")
    || (kind === "answer" && value?.status === "ok" && value?.data !== null && !("message_id" in Object(value?.data)));
  const time = new Date(frame.at * 1000).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false });
  const whole = () => (value ? JSON.stringify(value, null, 2) : frame.text);
  return h("details", { class: `frame ${kind}${calm ? " calm" : ""}`, ontoggle: (event) => {
    if (event.target.open && event.target.children.length === 1) event.target.append(h("pre", {}, whole()));
  } }, h("summary", {}, h("time", {}, time), h("b", {}, frame.inbound ? "机器人 → 平台" : "平台 → 机器人"),
    h("i", {}, { call: "调用", event: "事件", answer: "应答" }[kind]), h("span", { class: "what" }, what ?? ""), h("code", {}, (value ? JSON.stringify(value) : frame.text).slice(0, 220))));
}

// Doing

async function send(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}) })
    .catch(() => null);
  if (response?.ok) return true;
  const answer = await response?.json().catch(() => null);
  toast(answer?.error ?? "沙盒没有回答，请看它是否还在运行");
  return false;
}

const deed = (name, body = {}) => send(`/api/deeds/${name}`, { me: look.me, group: look.group, ...body });
const turn = (name, value) => send("/api/switches", { [name]: value });
const reply = (text) => deed("post", { me: view.phone.user, group: 0, user: view.bot, text });

async function tell(name) {
  at("telling").hidden = false;
  const stage = { handover: 700003, overdue: 700002, owner: 700002, offline: 700002 }[name] ?? 700001;
  choose({ group: stage, peer: 0, phone: name === "owner" ? 20001 : 0 }, "chat");
  await send(`/api/stories/${name}`);
}

function choose(changes, tab) {
  Object.assign(look, changes);
  history.replaceState(null, "", `#${new URLSearchParams(Object.entries(look).filter(([, value]) => value))}`);
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(look));
  if (tab) document.body.dataset.tab = tab;
  markTab();
}

function ask(title, text, run) {
  const dialog = at("ask");
  at("ask-title").textContent = title;
  at("ask-text").hidden = text === null;
  at("ask-text").value = text ?? "";
  dialog.returnValue = "";
  dialog.onclose = () => { if (dialog.returnValue === "ok") run(at("ask-text").value); };
  dialog.showModal();
  if (text !== null) at("ask-text").select();
}

let toastTimer = 0;
function toast(text) {
  at("toast").textContent = text;
  at("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { at("toast").hidden = true; }, 4000);
}

function markTab() {
  for (const button of document.querySelectorAll("nav button")) {
    button.toggleAttribute("aria-current", button.dataset.tab === document.body.dataset.tab);
  }
}

function openDrawer(open) {
  at("drawer").hidden = !open;
  at("frames-button").setAttribute("aria-expanded", String(open));
  if (open && !look.frames) { frames = []; at("frames").replaceChildren(); }
  choose({ frames: open });
}

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  socket.onopen = () => { frames = []; at("frames").replaceChildren(); socket.send(JSON.stringify(look)); };
  socket.onmessage = (event) => { view = JSON.parse(event.data); show(); };
  socket.onclose = () => {
    at("status").textContent = "沙盒已停止";
    at("status").className = "pill bad";
    setTimeout(connect, 1500);
  };
}

function listen() {
  const resized = new ResizeObserver((entries) => entries.forEach((entry) => stayLow(entry.target)));
  for (const node of [at("messages"), at("phone-messages")]) {
    node.addEventListener("scroll", () => {
      // A pane that has just become smaller was not scrolled by its reader.
      if (node.dataset.height !== String(node.clientHeight)) return;
      node.dataset.low = node.scrollHeight - node.scrollTop - node.clientHeight < 80 ? "yes" : "no";
    });
    resized.observe(node);
  }
  const box = at("composer-text");
  at("composer").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = box.value;
    if (text.trim() && await deed("post", { user: look.peer, text })) { box.value = ""; box.rows = 1; }
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); at("composer").requestSubmit(); }
  });
  box.addEventListener("input", () => { box.rows = Math.min(5, box.value.split("\n").length); });
  at("phone-composer").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = at("phone-text").value;
    if (text.trim() && await reply(text)) at("phone-text").value = "";
  });
  at("register-button").addEventListener("click", showRegister);
  at("register-cancel").addEventListener("click", () => at("register").close());
  at("register-form").addEventListener("submit", (event) => { event.preventDefault(); register(); });
  at("phone-who").addEventListener("change", (event) => choose({ phone: Number(event.target.value) }));
  at("members-button").addEventListener("click", () => { at("members").hidden = !at("members").hidden; });
  at("telling-close").addEventListener("click", () => { at("telling").hidden = true; });
  at("frames-button").addEventListener("click", () => openDrawer(at("drawer").hidden));
  at("drawer-close").addEventListener("click", () => openDrawer(false));
  at("frames-calm").addEventListener("change", (event) => at("frames").classList.toggle("all", !event.target.checked));
  for (const button of document.querySelectorAll("[data-clock]")) {
    button.addEventListener("click", () => send(`/api/clock/${button.dataset.clock}`));
  }
  for (const button of document.querySelectorAll("nav button")) {
    button.addEventListener("click", () => { document.body.dataset.tab = button.dataset.tab; markTab(); });
  }
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
}

listen();
if (look.frames) at("drawer").hidden = false;
markTab();
connect();

"use strict";
// Draws a reply as page.py does, part by part, and talks to the host of an MCP App. Whatever the reply holds becomes text, never markup.

const { words, titles, causesShown, shownFrom } = JSON.parse(document.querySelector("script[type='application/json']").textContent);
const main = document.querySelector("main");

function el(name, attributes, ...children) {
  const drawn = name === "svg" || name === "rect";
  const element = drawn ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.flat(3).filter((child) => child !== ""));
  return element;
}

const has = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
const list = (object, name) => (has(object, name) ? object[name] : []);

function title(name) {
  const [head, ...rest] = name.split(" ");
  if (rest.length && (head === "not" || head === "tried")) return `${words[head]} ${title(rest.join(" "))}`;
  return has(titles, name) ? titles[name] : name.replaceAll("-", " ");
}

const about = (reply) => list(reply, "issues").flatMap((issue) => issue.symptoms).map(title).join("; ");
const prose = (text) => text.replace(/\(([a-z0-9, -]+)\)$/, (_, ids) => `(${ids.split(", ").map(title).join("; ")})`);
const coded = (text) => text.split("`").map((part, place) => (place % 2 ? el("code", {}, part) : part));
const named = (name) => [title(name), " ", el("code", { class: "id" }, name)];
const section = (kind, children, heading = kind) => el("section", { class: kind }, el("h2", {}, words[heading]), children);
const items = (children, name = "ul", attributes = {}) => el(name, attributes, children.map((child) => el("li", {}, child)));
const line = (label, children, attributes = {}) => el("p", attributes, el("b", {}, words[label]), " ", children);
const quoted = (quote) => el("q", { dir: "auto" }, quote);

function head(reply) {
  const toDo = { ask: has(reply, "plan") ? "do-ask" : "do-open", route: has(reply, "questions") ? "do-aside" : "do-plan" }[reply.status] ?? "do-elsewhere";
  return el(
    "header", {}, el("p", { class: "brand" }, "Training Router"), el("h1", {}, words[reply.status]), el("p", { class: "lead" }, words[toDo]),
    about(reply) ? line("about", about(reply)) : "", line("agent", coded(reply.next), { class: "agent" }),
  );
}

const hold = (reply) => (has(reply, "hold") ? section("hold", el("p", {}, reply.hold)) : "");
const plan = (reply) => (has(reply, "plan") ? section("plan", items(reply.plan.map(step), "ol"), reply.provisional ? "provisional" : "plan") : "");

function step(one) {
  return [
    el("h3", {}, named(one.specialist)), el("p", { class: "tags" }, `${title(one.phase)} · ${words[one.role]}`), has(one, "because") ? line("why", prose(one.because)) : "",
    has(one, "when") ? line("when", one.when) : "", has(one, "after") ? line("after", title(one.after)) : "", line("done", one.done_when, { class: "done" }),
  ];
}

const questions = (reply) => (has(reply, "questions") ? section("questions", items(reply.questions.map(question), "ol")) : "");

function question(one) {
  return [
    el("h3", {}, one.ask), has(one, "why") ? line("why", one.why, { class: "why" }) : "", items(one.options.map(option), "ul", { class: "options" }),
    has(one, "find_out") ? line("look", el("code", {}, one.find_out)) : "",
  ];
}

function option(one) {
  const leads = has(one, "then") ? `→ ${words.leads} ${title(one.then)}` : `→ ${words.keeps}`;
  return [has(one, "text") ? one.text : one.id, " ", el("span", { class: has(one, "then") ? "then" : "stays" }, leads)];
}

const hypotheses = (reply) => (has(reply, "hypotheses") ? section("hypotheses", items(reply.hypotheses.map(hypothesis))) : "");
const hypothesis = (one) => [el("h3", {}, named(one.cause ?? one.remedy)), has(one, "quote") ? el("p", {}, quoted(one.quote)) : "", line("test", one.test)];

function issues(reply) {
  const shown = list(reply, "issues").filter((one) => has(one, "candidates")).map(issue);
  return shown.length ? section("issues", shown) : "";
}

function issue(one) {
  const causes = [...one.candidates].sort((a, b) => (b.share ?? 0) - (a.share ?? 0));
  const rows = causes.map(cause);
  const more = rows.length > causesShown ? el("details", {}, el("summary", {}, `${words.more} (${rows.length - causesShown})`), rows.slice(causesShown)) : "";
  return el("article", {}, el("h3", {}, title(one.phase)), items(one.symptoms.map(named), "ul", { class: "symptoms" }), rows.slice(0, causesShown), more, rest(causes));
}

function rest(causes) {
  const left = 1 - causes.reduce((sum, one) => sum + (one.share ?? (has(one, "likelihood") ? 0 : 1)), 0);
  return left >= shownFrom ? el("div", { class: "cause" }, el("h4", {}, words.rest), share(left)) : "";
}

function cause(one) {
  const sides = ["for", "against"].filter((side) => has(one, side)).map((side) => line(side, one[side].map(title).join("; ")));
  const owner = line("owner", title(one.specialist), { class: "owner" });
  return el("div", { class: "cause" }, el("h4", {}, named(one.cause)), has(one, "likelihood") ? share(one.share ?? 0, one.likelihood) : "", sides, owner);
}

function share(part, likelihood = "") {
  const percent = Math.floor(part * 100 + 0.5);
  const bar = el("svg", { class: "bar", "aria-hidden": "true" }, el("rect", { width: "100%", height: "100%" }), el("rect", { width: `${percent}%`, height: "100%", class: "filled" }));
  return el("p", { class: "share" }, bar, " ", el("span", {}, likelihood ? `${percent} % · ${words[likelihood]}` : `${percent} %`));
}

const flips = (reply) => (has(reply, "flips") ? section("flips", items(reply.flips.map(flip))) : "");
const flip = (one) => [named(one.finding), el("p", { class: "then" }, `→ ${words.leads} ${title(one.then)}`)];
const borders = (reply) => (has(reply, "boundaries") ? section("borders", reply.boundaries.map(border)) : "");
const border = (one) => el("p", {}, el("b", {}, `${title(one.from)} → ${title(one.to)}:`), " ", one.because);

function findings(reply) {
  if (has(reply, "findings")) return section("findings", items(reply.findings.map(finding)));
  return has(reply, "read") ? section("findings", items(reply.read)) : "";
}

function finding(one) {
  const state = one.state === "present" ? "" : [el("b", {}, words[one.state]), " "];
  return [state, named(one.symptom), " ", el("span", { class: "kind" }, words[one.kind], has(one, "quote") ? [" ", quoted(one.quote)] : "")];
}

const unread = (reply) => ["unread", "dropped"].filter((kind) => has(reply, kind)).map((kind) => section(kind, items(reply[kind])));
const carried = (reply) => section("case", [el("p", {}, words.send), el("pre", {}, reply.case)]);

function draw(reply) {
  const parts = [head, hold, plan, questions, hypotheses, issues, flips, borders, findings, unread, carried];
  main.replaceChildren(...parts.flatMap((part) => part(reply)).filter((part) => part !== ""), ...offers(reply));
}

// The host: JSON-RPC by postMessage, as the MCP Apps extension has it (io.modelcontextprotocol/ui, 2026-01-26).

const dark = [...document.styleSheets[0].cssRules].find((rule) => rule.conditionText?.includes("prefers-color-scheme"));
const answered = new Map();
let host = {};
let sent = {};

const post = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
const tells = (method, params = {}) => post({ method, params });

function asks(method, params) {
  const id = answered.size + 1;
  post({ id, method, params });
  return new Promise((resolve, reject) => answered.set(id, { resolve, reject }));
}

function takesOn(context = {}) {
  if (context.theme) dark.media.mediaText = context.theme === "dark" ? "screen" : "not all";
}

function shows(result) {
  const reply = result.structuredContent;
  if (reply && !result.isError) return draw(reply);
  main.replaceChildren(el("p", {}, words.failed), ...list(result, "content").map((part) => el("pre", {}, part.text ?? "")));
}

// A brief reply holds no evidence: where the host lets an app call tools, one press asks the router for the whole of it.
function offers(reply) {
  if (!host.serverTools || has(reply, "findings") || !has(reply, "issues")) return [];
  const button = el("button", { type: "button" }, words.evidence);
  button.addEventListener("click", () => asks("tools/call", { name: "route", arguments: { ...sent, detail: "full" } }).then(shows, () => button.remove()));
  return [button];
}

const hears = {
  "ui/notifications/tool-input": (params) => { sent = params.arguments ?? {}; },
  "ui/notifications/tool-result": shows,
  "ui/notifications/tool-cancelled": () => shows({ isError: true }),
  "ui/notifications/host-context-changed": takesOn,
};

addEventListener("message", ({ source, data }) => {
  if (source !== parent || data?.jsonrpc !== "2.0") return;
  if (data.method && has(data, "id")) post({ id: data.id, result: {} });
  else if (data.method) hears[data.method]?.(data.params ?? {});
  else if (has(data, "error")) answered.get(data.id)?.reject(data.error);
  else answered.get(data.id)?.resolve(data.result);
});

asks("ui/initialize", { protocolVersion: "2026-01-26", appInfo: { name: "training-router", version: "1" }, appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] } }).then((result) => {
  host = result.hostCapabilities ?? {};
  takesOn(result.hostContext);
  tells("ui/notifications/initialized");
  new ResizeObserver(() => tells("ui/notifications/size-changed", { width: document.documentElement.scrollWidth, height: Math.ceil(main.getBoundingClientRect().height) })).observe(main);
});

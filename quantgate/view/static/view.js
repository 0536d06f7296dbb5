/* Keys, the parts of a long list, and the address that follows what is shown. Nothing here makes HTML of a text. */
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

/* ---- A long list: a part that is near is loaded by htmx, one that is far is emptied again; its height stays ---- */
const MOST_PARTS = 3000; // a page of more than some millions of pixels in height is cut off by the browser
const NEAR = "150% 0px";
const FAR = "600% 0px";
const MOST_FILLED = 12;
let observers = [];

function withOffset(address, offset) {
  return offset ? address + (address.includes("?") ? "&" : "?") + "offset=" + offset : address;
}

function makePart(list, offset) {
  const part = document.createElement("ol");
  part.className = "part waiting";
  part.dataset.offset = offset;
  return equip(list, part);
}

function equip(list, part) {
  const { total, size } = list.dataset;
  const offset = Number(part.dataset.offset);
  part.style.setProperty("--rows", Math.max(0, Math.min(size, total - offset)));
  part.setAttribute("hx-get", withOffset(list.dataset.more, offset));
  part.setAttribute("hx-trigger", "near");
  part.setAttribute("hx-select", ".part > .row");
  part.setAttribute("hx-swap", "innerHTML");
  part.setAttribute("hx-sync", "this:drop");
  return part;
}

function openList() {
  observers.forEach((one) => one.disconnect());
  observers = [];
  const list = $("#parts");
  if (!list) return;
  const [total, size] = [Number(list.dataset.total), Number(list.dataset.size)];
  const count = Math.ceil(total / size);
  const here = Math.floor(Number(list.dataset.offset) / size);
  const first = Math.max(0, Math.min(here - MOST_PARTS / 2, count - MOST_PARTS));
  const last = Math.min(count, first + MOST_PARTS);
  const there = new Map($$(".part", list).map((part) => [Number(part.dataset.offset), part]));
  const parts = [];
  for (let number = first; number < last; number++) {
    const old = there.get(number * size);
    parts.push(old ? equip(list, old) : makePart(list, number * size));
  }
  const shown = parts.filter((part) => part.childElementCount);
  const kept = shown[0] && shown[0].getBoundingClientRect().top;
  putInOrder(list, parts);
  htmx.process(list);
  if (shown[0]) scrollBy(0, shown[0].getBoundingClientRect().top - kept);
  $$(".pager > a").forEach((link) => (link.hidden = count <= MOST_PARTS));
  watch(parts, NEAR, load, (part) => delete part.dataset.near);
  watch(parts, FAR, () => {}, fold);
  watch(parts, "0px 0px -70% 0px", note, () => {});
}

/* A part that is in its place already stays untouched, and so does the focus in it. */
function putInOrder(list, parts) {
  let next = list.firstElementChild;
  for (const part of parts) {
    if (part === next) next = next.nextElementSibling;
    else list.insertBefore(part, next);
  }
  while (list.childElementCount > parts.length) list.lastElementChild.remove();
}

function watch(parts, rootMargin, enter, leave) {
  const observer = new IntersectionObserver(
    (seen) => seen.forEach((one) => (one.isIntersecting ? enter : leave)(one.target)),
    { rootMargin },
  );
  parts.forEach((part) => observer.observe(part));
  observers.push(observer);
}

function load(part) {
  part.dataset.near = "";
  // Not what is only flown over. What is asked for comes: htmx tells the console of each request that is given up.
  setTimeout(() => "near" in part.dataset && !part.childElementCount && htmx.trigger(part, "near"), 50);
}

function fold(part) {
  const filled = $$(".part:not(.waiting)");
  if (filled.length <= MOST_FILLED || part.contains(document.activeElement)) return;
  part.replaceChildren();
  part.classList.add("waiting");
}

let noting;
function note(part) {
  clearTimeout(noting); // browsers refuse addresses that change many times a second
  noting = setTimeout(() => {
    const list = $("#parts");
    if (list && list.contains(part)) keepAddress(withOffset(list.dataset.more, Number(part.dataset.offset)));
  }, 400);
}

/* ---- The address follows what is shown, and the way back leads to it ---- */
let shown = location.pathname + location.search;

function keepAddress(address, push = false) {
  const hash = push ? "" : location.hash;
  if (address + hash === location.pathname + location.search + location.hash) return;
  history[push ? "pushState" : "replaceState"](null, "", address + hash);
  shown = location.pathname + location.search;
}

addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) location.reload();
});

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id !== "filters") return;
  for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const part = detail.target;
  if (part.classList.contains("part")) {
    part.classList.remove("waiting");
    if (!("near" in part.dataset)) fold(part);
    return;
  }
  if (detail.requestConfig.elt.id !== "filters") return;
  const typed = detail.requestConfig.triggeringEvent?.type === "input";
  keepAddress(detail.pathInfo.finalRequestPath, !typed);
  openList();
});

/* What does not answer is said; what is refused is shown by its own page. */
document.addEventListener("htmx:sendError", () => ($("#gone").hidden = false));
document.addEventListener("htmx:afterOnLoad", () => ($("#gone").hidden = true));
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (!detail.elt.classList.contains("part")) location.reload();
});

/* A live run: where the number of answers has changed, the parts in sight are loaded again in their place. */
document.addEventListener("htmx:load", ({ detail }) => {
  const [live, list] = [detail.elt, $("#parts")];
  if (live.id !== "live") return;
  if (!list) {
    const ended = !live.hasAttribute("hx-get");
    if ((live.dataset.total !== "0" || ended) && $("#results .growing")) htmx.trigger("#filters", "submit");
    return;
  }
  if (list.dataset.total === live.dataset.total) return;
  list.dataset.total = live.dataset.total;
  openList();
  $$(".part[data-near]", list).forEach((part) => htmx.trigger(part, "near"));
});

/* ---- Keys ---- */
function rows() {
  return $$("[data-rows] .row > a");
}

function step(by) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(document.activeElement.closest?.(".row > a"));
  const inSight = all.findIndex((row) => row.getBoundingClientRect().top >= 80);
  const to = at < 0 ? Math.max(0, inSight) : Math.max(0, Math.min(all.length - 1, at + by));
  all[to].focus({ preventScroll: true });
  all[to].scrollIntoView({ block: "nearest" });
  return true;
}

function follow(selector) {
  const link = $(selector);
  if (link) link.click();
  return Boolean(link);
}

/* From one mark to the next, one in each answer. */
function go(selector) {
  const marks = $$(".answer").flatMap((answer) => $(selector, answer) || []);
  if (!marks.length) return false;
  const at = marks.indexOf(document.activeElement);
  const mark = marks[(at + 1) % marks.length];
  for (let fold = mark.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  mark.scrollIntoView({ block: "center" });
  mark.focus({ preventScroll: true });
  return true;
}

function thoughts() {
  const folds = $$("details.thoughts");
  const open = !folds.some((fold) => fold.open);
  folds.forEach((fold) => (fold.open = open));
  return folds.length > 0;
}

function up() {
  if (follow("#up")) return true;
  const home = $(".home");
  if (location.href !== home.href) home.click();
  return true;
}

const onItem = () => Boolean($("#item"));
const KEYS = {
  j: () => (onItem() ? follow("#following") : step(1)),
  k: () => (onItem() ? follow("#previous") : step(-1)),
  ArrowRight: () => onItem() && follow("#following"),
  ArrowLeft: () => onItem() && follow("#previous"),
  ArrowDown: () => !onItem() && step(1),
  ArrowUp: () => !onItem() && step(-1),
  d: () => go("mark.parting"),
  a: () => go("mark.read"),
  t: thoughts,
  u: up,
  Escape: up,
  "/": () => {
    const field = $("#search");
    if (field) field.select();
    return Boolean(field);
  },
  "?": () => {
    $("#help").showModal();
    return true;
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("dialog[open]")) return;
  const field = event.target.closest("input, select");
  const typed = field && !["radio", "checkbox"].includes(field.type);
  if (typed || (field && (event.key === "Escape" || event.key.startsWith("Arrow")))) {
    if (event.key === "Escape") field.blur();
    else if (event.key === "ArrowDown" && field.id === "search") step(1);
    else return;
    event.preventDefault();
    return;
  }
  if (event.key.startsWith("Arrow") && event.target.closest(".scroll")) return;
  if (Object.hasOwn(KEYS, event.key) && KEYS[event.key]()) event.preventDefault();
});

/* ---- Clicks ---- */
document.addEventListener("click", (event) => {
  if (event.target.closest("#help-button")) $("#help").showModal();
  if (event.target.id === "help") event.target.close(); // outside of the box
  const row = event.target.closest(".part .row > a");
  if (row) {
    const [list, part] = [$("#parts"), row.closest(".part")];
    history.replaceState(null, "", withOffset(list.dataset.more, Number(part.dataset.offset)) + "#" + row.id);
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "pairing") {
    event.preventDefault();
    location.assign(form.dataset.base + [form.left.value, form.right.value].map(encodeURIComponent).join("/"));
  } else if (form.id === "jump") {
    event.preventDefault();
    const number = form.number.valueAsNumber - 1;
    const size = Number($("#parts").dataset.size);
    const address = withOffset(form.dataset.more, Math.floor(number / size) * size) + "#n" + number;
    if (address === location.pathname + location.search + location.hash) openAt();
    else location.assign(address);
  }
});

/* ---- Beginning ---- */
function openAt() {
  const row = /^#n\d+$/.test(location.hash) && $(location.hash);
  if (!row) return;
  row.scrollIntoView({ block: "center" });
  row.focus({ preventScroll: true });
}

addEventListener("hashchange", () => {
  openAt();
  if (location.hash === "#left-parting") go("mark.parting");
});
if ($("#parts")) {
  history.scrollRestoration = "manual";
  openList();
  const list = $("#parts");
  if (Number(list.dataset.offset)) $(".part:not(.waiting)", list).scrollIntoView();
  addEventListener("load", () => requestAnimationFrame(openAt)); // after the browser has gone to the hash itself
}

// SPDX-License-Identifier: Apache-2.0
// Keeps a page of the board up to date. Without it the page is the same, as of when it was asked for.
"use strict";
(() => {
  const k_together = 300;      // changes that come within so many milliseconds are one
  const k_settled = 2500;      // the host shows a page for two seconds before it waits for a new one
  const k_poll = 5000;         // how often to ask where no stream can be had
  const k_most_lines = 5000;   // of a log, the newest
  const link = document.getElementById("link");
  const sentence = document.getElementById("sentence");
  let source = null;
  let heard = "";              // what the open stream was asked for
  let timer = 0;
  let settled = 0;
  let asking = false;
  let again = false;

  const main = () => document.getElementById("main");
  const log = () => document.getElementById("log");
  const say = (text) => { if (link.textContent !== text) link.textContent = text; };
  const tell = (text) => { if (sentence.textContent !== text) sentence.textContent = text; };

  function last_line() {
    const row = log() && log().lastElementChild;
    return row ? row.value : 0;
  }

  function swap(page) {
    const fresh = page.getElementById("main");
    if (!fresh) return;
    const old = main();
    const focus = document.activeElement;
    const mark = old.contains(focus) ? focus.id || focus.getAttribute("href") : "";
    for (const open of old.querySelectorAll("details[open]")) {
      const same = page.getElementById(open.id);
      if (same) same.open = true;
    }
    // The log goes on where it is, with its place.
    const kept = log();
    const next = page.getElementById("log");
    const same_log = kept && next && old.dataset.run === fresh.dataset.run &&
      kept.dataset.attempt === next.dataset.attempt;
    const place = kept ? kept.scrollTop : 0;
    if (same_log) next.replaceWith(kept);
    old.replaceWith(fresh);
    if (same_log) kept.scrollTop = place; else to_the_end();
    if (mark) {
      const target = document.getElementById(mark) || fresh.querySelector(`[href="${CSS.escape(mark)}"]`);
      if (target) target.focus({ preventScroll: true });
    }
    tell(page.getElementById("sentence").textContent);
    document.title = page.title;
    listen();
  }

  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.pathname, { cache: "no-cache" });
      if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { say("reconnecting…"); }
    asking = false;
    if (again) { again = false; soon(); }
  }

  function soon() {
    if (!timer) timer = setTimeout(() => { timer = 0; refresh(); }, k_together);
    clearTimeout(settled);
    settled = setTimeout(refresh, k_settled);
  }

  function to_the_end() {
    if (log()) log().scrollTop = log().scrollHeight;
  }

  function append(message) {
    const list = log();
    if (!list || main().dataset.run !== String(message.run)) return;
    if (list.dataset.attempt !== String(message.attempt)) {
      list.replaceChildren();
      list.dataset.attempt = message.attempt;
    }
    const follows = list.scrollTop + list.clientHeight >= list.scrollHeight - 4;
    for (const line of message.lines) {
      if (line.n <= last_line()) continue;
      const row = document.createElement("li");
      row.id = "L" + line.n;
      row.value = line.n;
      row.textContent = line.text;
      list.append(row);
    }
    while (list.childElementCount > k_most_lines) list.firstElementChild.remove();
    if (follows) to_the_end();
  }

  function listen() {
    const topics = main().dataset.topics;
    if (source && heard === topics && source.readyState !== EventSource.CLOSED) return;
    if (source) source.close();
    heard = topics;
    const from = topics.includes("log:") ? "&from=" + (last_line() + 1) : "";
    source = new EventSource("/api/v1/events?topics=" + encodeURIComponent(topics) + from);
    source.onopen = () => { say("● live"); };
    source.onerror = () => { say("reconnecting…"); };
    source.addEventListener("queue", (event) => {
      if (topics.startsWith("queue")) tell(JSON.parse(event.data).text);
      soon();
    });
    source.addEventListener("log", (event) => append(JSON.parse(event.data)));
    for (const kind of ["event", "end", "resync"]) source.addEventListener(kind, soon);
  }

  // A stream that was refused does not try again by itself.
  setInterval(() => {
    if (source && source.readyState === EventSource.CLOSED) {
      say("no live updates, asking every 5 s");
      refresh();
    }
  }, k_poll);
  addEventListener("pagehide", () => source && source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) { listen(); refresh(); } });
  to_the_end();
  listen();
})();

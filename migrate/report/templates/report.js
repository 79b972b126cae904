"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  for (const one of document.querySelectorAll(".js-only")) one.classList.remove("js-only");

  // --- theme: as the system, light, dark --------------------------------------------------------
  const theme = byId("theme");
  const themes = ["auto", "light", "dark"];
  const showTheme = () => { theme.textContent = theme.dataset[root.dataset.theme || "auto"]; };
  theme.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "auto") + 1) % themes.length];
    if (next === "auto") delete root.dataset.theme; else root.dataset.theme = next;
    try {
      if (next === "auto") localStorage.removeItem("cron2fargate-theme");
      else localStorage.setItem("cron2fargate-theme", next);
    } catch (nothing) { /* a file opened from disk may have no storage: the choice holds for this page */ }
    showTheme();
  });
  showTheme();

  const table = byId("table");
  if (!table) { root.classList.add("ready"); return; }

  // --- details ----------------------------------------------------------------------------------
  const jobs = Array.from(table.tBodies);
  const button = (job) => job.querySelector("button.name");
  const body = (job) => job.querySelector(".more");
  const isOpen = (job) => button(job).getAttribute("aria-expanded") === "true";
  const open = (job, yes) => {
    button(job).setAttribute("aria-expanded", String(yes));
    job.classList.toggle("open", yes);
    // Found by the browser's own search even while it is closed.
    if (yes) body(job).removeAttribute("hidden"); else body(job).setAttribute("hidden", "until-found");
  };
  for (const job of jobs) {
    open(job, false);
    body(job).addEventListener("beforematch", () => open(job, true));
  }
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tr.row");
    if (!row || (event.target.closest("a,button") && !event.target.closest("button.name"))) return;
    if (!event.target.closest("button.name") && String(getSelection())) return;
    open(row.parentNode, !isOpen(row.parentNode));
  });
  const fold = byId("fold");
  const visible = () => jobs.filter((job) => !job.hidden);
  const showFold = () => { fold.textContent = visible().some((job) => !isOpen(job)) ? fold.dataset.open : fold.dataset.close; };
  fold.addEventListener("click", () => {
    const yes = visible().some((job) => !isOpen(job));
    for (const job of visible()) open(job, yes);
    showFold();
  });

  // --- search and filter ------------------------------------------------------------------------
  const search = byId("search");
  const shown = byId("shown");
  const texts = new Map();
  const textOf = (job) => {
    if (!texts.has(job)) texts.set(job, job.textContent.toLowerCase());
    return texts.get(job);
  };
  const chosen = () => document.querySelector("input[name=show]:checked").value;
  const fits = (job, show) => {
    const { status, verdict } = job.dataset;
    if (show === "all") return true;
    if (show === "attention") return "waits" in job.dataset;
    if (show === "left") return status === "keep" || status === "skip";
    return status === show || verdict === show;
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const show = chosen();
    let count = 0;
    for (const job of jobs) {
      const keep = fits(job, show) && words.every((word) => textOf(job).includes(word));
      job.hidden = !keep;
      count += keep;
    }
    shown.textContent = shown.dataset.words.replace("{shown}", count).replace("{total}", jobs.length);
    byId("none").hidden = count > 0;
    showFold();
  };
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; filter(); }
  });
  for (const one of document.querySelectorAll("input[name=show]")) one.addEventListener("change", filter);
  const showAll = () => {
    search.value = "";
    document.querySelector("input[name=show][value=all]").checked = true;
    filter();
  };
  for (const one of document.querySelectorAll("a[data-search]")) {
    one.addEventListener("click", () => {
      showAll();
      search.value = one.dataset.search;
      filter();
    });
  }

  // --- sort -------------------------------------------------------------------------------------
  const rank = { blocked: 0, review: 1, ready: 2, keep: 3, skip: 4 };
  const keys = {
    name: (job) => job.dataset.name,
    order: (job) => Number(job.dataset.order),
    status: (job) => rank[job.dataset.status] ?? 5,
    differing: (job) => -Number(job.dataset.differing),
    cost: (job) => -Number(job.dataset.cost),
  };
  for (const head of table.querySelectorAll("th[data-sort]")) {
    const press = document.createElement("button");
    press.type = "button";
    press.className = "sort";
    press.textContent = head.textContent;
    head.replaceChildren(press);
    press.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.querySelectorAll("th[data-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = keys[head.dataset.sort];
      const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      jobs.sort((a, b) => (up ? 1 : -1) * compare(key(a), key(b)) || a.dataset.order - b.dataset.order);
      table.append(...jobs);
    });
  }

  // --- links to one job -------------------------------------------------------------------------
  const follow = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch (nothing) { /* not encoded: as it stands */ }
    const job = id.startsWith("job-") && byId(id);
    if (!job || job.parentNode !== table) return;
    if (job.hidden) showAll();
    open(job, true);
    showFold();
    button(job).focus({ preventScroll: true });
    job.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", follow);

  // The browser's own jump to the anchor, when the page has loaded, takes the focus away again.
  addEventListener("load", () => setTimeout(follow));

  showFold();
  root.classList.add("ready");
  follow();
})();

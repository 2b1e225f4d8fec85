"use strict";
// Everything is in the page already: this only filters, sorts and changes the theme.
(() => {
  const by = (id) => document.getElementById(id);
  const root = document.documentElement;

  const theme = by("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => { try { return localStorage.getItem("portcullis-theme"); } catch { return null; } };
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const paint = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.ariaLabel = `${theme.textContent} theme`; };
  if (["dark", "light"].includes(remembered())) root.dataset.theme = remembered();
  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("portcullis-theme", root.dataset.theme); } catch { /* a page of a file may have no memory */ }
    paint();
  });
  dark.addEventListener("change", paint);
  paint();

  const table = by("table");
  if (!table) return;
  const body = table.tBodies[0];
  const ranks = ["critical", "high", "medium", "low", "info", "unknown"];
  const rows = Array.from(body.rows, (row) => {
    row.tabIndex = -1;
    return { row, severity: row.cells[0].className, domain: row.dataset.d, folder: row.dataset.f, place: +row.dataset.n };
  });
  // Reading the text of thousands of rows takes long enough to wait until somebody searches.
  const text = (item) => (item.text ??= item.row.textContent.toLowerCase());
  const format = (number) => number.toLocaleString("en");

  const search = by("search"), domain = by("domain"), folder = by("folder");
  const boxes = new Map();
  for (const severity of ranks) {
    const count = rows.filter((item) => item.severity === severity).length;
    if (!count) continue;
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true, defaultChecked: true });
    const pill = Object.assign(document.createElement("label"), { className: `pill ${severity}` });
    pill.append(box, severity);
    by("severities").append(pill);
    boxes.set(severity, box);
  }
  const fill = (select, of, name) => {
    const counts = new Map();
    for (const item of rows) counts.set(item[of], (counts.get(item[of]) || 0) + 1);
    for (const [value, count] of counts) {
      const option = new Option(`${name(value)} (${format(count)})`, value);
      option.dataset.name = name(value);
      select.add(option);
    }
    Array.from(select.options).slice(1).sort((a, b) => (a.text < b.text ? -1 : 1)).forEach((option) => select.add(option));
    select.hidden = counts.size < 2;
  };
  const data = JSON.parse(table.dataset.names);
  fill(domain, "domain", (value) => data.domains[value]);
  fill(folder, "folder", (value) => data.folders[value]);

  const mark = (link, isOn) => { link.ariaCurrent = isOn ? "true" : null; };
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of rows) {
      const fits = boxes.get(item.severity).checked
        && (!domain.value || item.domain === domain.value)
        && (!folder.value || item.folder === folder.value)
        && words.every((word) => text(item).includes(word));
      item.row.hidden = !fits;
      shown += fits;
    }
    by("count").textContent = shown === rows.length ? `all ${format(shown)}` : `${format(shown)} of ${format(rows.length)}`;
    by("nothing").hidden = shown > 0;
    const only = Array.from(boxes).filter(([, box]) => box.checked).map(([severity]) => severity);
    for (const link of document.querySelectorAll("[data-severity]"))
      mark(link, only.length === 1 && only[0] === link.dataset.severity);
    for (const link of document.querySelectorAll("[data-domain]")) mark(link, link.dataset.domain === domain.value);
    for (const link of document.querySelectorAll("[data-folder]")) mark(link, link.dataset.folder === folder.value);
    for (const link of document.querySelectorAll("[data-rule]")) mark(link, link.dataset.rule === search.value);
  };
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 80); });
  by("controls").addEventListener("change", apply);
  by("controls").addEventListener("submit", (event) => event.preventDefault());
  by("controls").addEventListener("reset", () => setTimeout(() => { brief(); apply(); }));
  const brief = () => root.classList.toggle("brief", by("brief").checked);
  by("brief").addEventListener("change", brief);
  const toggle = (select, value) => { select.value = select.value === value ? "" : value; };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-severity], [data-domain], [data-folder], [data-rule]");
    if (!link) return;
    const { severity } = link.dataset;
    if (severity) {
      const isOn = link.ariaCurrent === "true";
      for (const [name, box] of boxes) box.checked = isOn || name === severity || !boxes.has(severity);
    }
    if (link.dataset.domain) toggle(domain, link.dataset.domain);
    if (link.dataset.folder) toggle(folder, link.dataset.folder);
    if (link.dataset.rule) search.value = search.value === link.dataset.rule ? "" : link.dataset.rule;
    apply();
  });

  const key = (item, cell) => (item[cell] ??= item.row.cells[cell].textContent);
  const orders = {
    severity: (a, b) => ranks.indexOf(b.severity) - ranks.indexOf(a.severity),
    finding: (a, b) => compare(key(a, 1), key(b, 1)),
    rule: (a, b) => compare(key(a, 2), key(b, 2)),
    place: (a, b) => a.place - b.place,
  };
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  for (const head of table.tHead.rows[0].cells) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      // The worst come first, everything else begins with A.
      const isUp = head.dataset.key === "severity" ? head.ariaSort === "descending" : head.ariaSort !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.ariaSort = null;
      head.ariaSort = isUp ? "ascending" : "descending";
      const order = orders[head.dataset.key], sign = isUp ? 1 : -1;
      rows.sort((a, b) => sign * order(a, b) || a.place - b.place);
      // Outside of the page, moving thousands of rows lays out nothing.
      body.remove();
      for (const { row } of rows) body.append(row);
      table.append(body);
    });
  }
  table.tHead.rows[0].cells[0].ariaSort = "descending";

  const step = (by) => {
    const seen = rows.filter((item) => !item.row.hidden);
    const at = seen.findIndex((item) => item.row.contains(document.activeElement));
    const next = seen[at < 0 ? 0 : Math.min(Math.max(at + by, 0), seen.length - 1)];
    if (!next) return;
    next.row.focus({ preventScroll: true });
    next.row.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && event.target === search) { search.value = ""; apply(); search.blur(); return; }
    if (event.target.matches?.("input[type=search], select")) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); search.select(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });
  by("controls").hidden = false;
  by("under").hidden = false;
  apply();
})();

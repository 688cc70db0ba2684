// The list of questions: filtered, sorted, and drawn only where one looks. TanStack Virtual keeps the window.

const HEIGHT = 30;
const GLYPHS = { p: ["✓", "good"], f: ["✗", "bad"], m: ["±", "bad"], u: ["?", "open"], e: ["!", "open"], "-": ["·", "dim"] };
const NAMES = { p: "passed", f: "failed", m: "some repeats failed", u: "undecided", e: "error", "-": "not asked" };

const cases = { order: [], selected: -1, sort: { by: "order", down: false }, window: null };

// Returns whether the model at `at` counts as passed in the statuses of a question.
const passes = (statuses, at) => statuses[at] === "p";
const judged = (status) => status === "p" || status === "f" || status === "m";

function startCases() {
  const { index, plan, report } = data;
  data.heads = index.name.map((name, at) => {
    const suite = plan.suites[index.suite[at]];
    return `${name}\n${suite.name}\n${suite.prompts[index.prompt[at]] ?? ""}\n${index.tags[at]}\n${index.reason[at]}`.toLowerCase();
  });
  const suite = $("suite");
  suite.append(element("option", { value: "" }, "every suite"));
  report.suites.forEach((one, at) => suite.append(element("option", { value: at }, one.name)));
  suite.hidden = report.suites.length < 2;

  const models = Math.max(...plan.suites.map((one) => one.models.length));
  cases.labels = plan.suites.find((one) => one.models.length === models).models.map((model) => model.label);
  document.documentElement.style.setProperty("--columns", `minmax(7rem, 1.3fr) repeat(${models}, minmax(2.2rem, 6rem)) minmax(0, 3fr) 4.5rem 6rem`);
  const heads = [["order", "case"], ...cases.labels.map((label, at) => [`model-${at}`, label]), ["reason", "reason"], ["latency", "slowest"], ["cost", "cost"]];
  for (const [by, text] of heads) {
    const button = element("button", { type: "button", "data-by": by, title: `Sort by ${text}`, class: by === "reason" ? "reason" : "" }, text);
    button.addEventListener("click", () => sortBy(by));
    $("head").append(button);
  }
  const list = $("list");
  cases.window = new Vendor.Virtualizer({
    count: 0,
    getScrollElement: () => list,
    estimateSize: () => HEIGHT,
    overscan: 12,
    scrollToFn: Vendor.elementScroll,
    observeElementRect: Vendor.observeElementRect,
    observeElementOffset: Vendor.observeElementOffset,
    onChange: drawRows,
  });
  cases.window._didMount();
  cases.window._willUpdate();
  for (const id of ["words", "suite", "outcome", "deep"]) $(id).addEventListener("input", filterCases);
  $("rows").addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row) select(Number(row.dataset.place), true);
  });
  return filterCases();
}

function holds(at, words, suite, outcome, texts) {
  const { index, plan } = data;
  if (suite !== "" && index.suite[at] !== Number(suite)) return false;
  for (const word of words) if (!texts[at].includes(word)) return false;
  if (outcome === "") return true;
  const statuses = index.status[at];
  switch (outcome) {
    case "f": return /[fm]/.test(statuses);
    case "m": return statuses.includes("m");
    case "e": return /[ue]/.test(statuses);
    case "d": return new Set([...statuses].filter(judged)).size > 1;
    default: {
      const baseline = plan.suites[index.suite[at]].baseline;
      if (baseline === null || !judged(statuses[baseline])) return false;
      const others = [...statuses].filter((status, model) => model !== baseline && judged(status));
      return outcome === "b"
        ? passes(statuses, baseline) && others.some((status) => status !== "p")
        : !passes(statuses, baseline) && others.some((status) => status === "p");
    }
  }
}

async function filterCases() {
  const began = performance.now();
  const words = $("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  const texts = $("deep").checked && words.length > 0 ? await data.searchable() : data.heads;
  const [suite, outcome] = [$("suite").value, $("outcome").value];
  const kept = [];
  for (let at = 0; at < data.index.name.length; at++) if (holds(at, words, suite, outcome, texts)) kept.push(at);
  cases.order = kept;
  sortOrder();
  cases.selected = -1;
  $("count").textContent = kept.length === data.index.name.length ? `${kept.length} cases` : `${kept.length} of ${data.index.name.length} cases`;
  $("list").scrollTop = 0;
  cases.window.setOptions({ ...cases.window.options, count: kept.length });
  cases.window._willUpdate();
  drawRows();
  document.documentElement.dataset.filtered = (performance.now() - began).toFixed(1);
}

function sortBy(by) {
  cases.sort = { by, down: cases.sort.by === by && !cases.sort.down };
  sortOrder();
  drawRows();
}

function sortOrder() {
  const { by, down } = cases.sort;
  const { index } = data;
  for (const button of $("head").children) {
    if (button.dataset.by === by) button.setAttribute("aria-sort", down ? "descending" : "ascending");
    else button.removeAttribute("aria-sort");
  }
  const rank = "fmeu-p";
  const key = {
    order: (at) => at,
    latency: (at) => -(index.latency[at] ?? -1),
    cost: (at) => -(index.cost[at] ?? -1),
  }[by] ?? (by.startsWith("model-") ? (at) => rank.indexOf(index.status[at][Number(by.slice(6))] ?? "-") : null);
  if (key === null) cases.order.sort((a, b) => (index.reason[a] < index.reason[b] ? -1 : index.reason[a] > index.reason[b] ? 1 : a - b));
  else cases.order.sort((a, b) => key(a) - key(b) || a - b);
  if (down) cases.order.reverse();
}

function drawRows() {
  const { index, plan } = data;
  const rows = $("rows");
  rows.style.height = `${cases.window.getTotalSize()}px`;
  const several = data.report.suites.length > 1;
  rows.replaceChildren(
    ...cases.window.getVirtualItems().filter((item) => item.index < cases.order.length).map((item) => {
      const at = cases.order[item.index];
      const suite = plan.suites[index.suite[at]];
      const prompt = suite.prompts.length > 1 ? ` [${suite.prompts[index.prompt[at]]}]` : "";
      const name = `${several ? `${suite.name} / ` : ""}${index.name[at]}${prompt}`;
      const cells = cases.labels.map((label, model) => {
        const [glyph, tone] = GLYPHS[index.status[at][model] ?? "-"];
        const title = `${suite.models[model]?.label ?? label}: ${NAMES[index.status[at][model] ?? "-"]}`;
        return element("span", { class: tone, title, "aria-label": title }, glyph);
      });
      const row = element(
        "div",
        { class: "row", role: "row", "data-place": item.index, "aria-selected": item.index === cases.selected },
        element("span", { title: name }, name), ...cells,
        element("span", { class: "reason dim", title: index.reason[at] }, index.reason[at]),
        element("span", { class: "dim" }, milliseconds(index.latency[at])),
        element("span", { class: "dim" }, index.cost[at] === null ? "–" : dollars(index.cost[at])),
      );
      row.style.transform = `translateY(${item.start}px)`;
      return row;
    }),
  );
}

function select(place, open) {
  if (cases.order.length === 0) return;
  cases.selected = Math.max(0, Math.min(place, cases.order.length - 1));
  cases.window.scrollToIndex(cases.selected);
  drawRows();
  if (open || !$("detail").hidden) showDetail(cases.order[cases.selected]);
}

// What cannot be scrolled is written out for paper, as far as anybody reads it.
function printCases() {
  const { index, plan } = data;
  const most = 1000;
  const table = element("table", {}, element("tr", {}, ...["case", ...cases.labels, "reason"].map((head) => element("th", {}, head))));
  for (const at of cases.order.slice(0, most)) {
    const statuses = cases.labels.map((_, model) => element("td", {}, NAMES[index.status[at][model] ?? "-"]));
    table.append(element("tr", {}, element("td", {}, `${plan.suites[index.suite[at]].name} / ${index.name[at]}`), ...statuses, element("td", {}, index.reason[at])));
  }
  const rest = cases.order.length - most;
  $("printed").replaceChildren(table, rest > 0 ? `… and ${rest} more` : "");
}

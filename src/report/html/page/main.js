// The page comes alive: data, then what is seen first, then the rest; and what keys do.

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}

function key(event) {
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement?.tagName);
  if (event.key === "Escape") {
    if (typing) document.activeElement.blur();
    else closeDetail();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {
    "/": () => $("words").focus(),
    j: () => select(cases.selected + 1, false),
    k: () => select(cases.selected - 1, false),
    ArrowDown: () => select(cases.selected + 1, false),
    ArrowUp: () => select(cases.selected - 1, false),
    Enter: () => cases.selected >= 0 && select(cases.selected, true),
    d: toggleMarks,
  }[event.key];
  const focused = document.activeElement?.tagName;
  if (!act || (event.key === "Enter" && ["BUTTON", "A", "SUMMARY"].includes(focused))) return;
  event.preventDefault();
  act();
}

async function main() {
  $("theme").addEventListener("click", theme);
  showSummary();
  showCharts();
  data.index = await unpacked($("data-index").textContent);
  await startCases();
  document.addEventListener("keydown", key);
  addEventListener("beforeprint", printCases);
  document.documentElement.dataset.ready = performance.now().toFixed(0);
}

main();

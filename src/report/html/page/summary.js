// Verdict, gates and models: what a reader sees first.

function showSummary() {
  const { report, plan } = data;
  const suites = report.suites.map((suite) => suite.name).join(", ");
  document.querySelector("header .run").textContent = `run ${report.run.id} · ${suites} · exit code ${report.exit_code}`;

  const verdict = $("verdict");
  for (const sentence of plan.verdicts) verdict.append(element("p", { class: "lead" }, sentence));
  if (report.gates.length > 0) {
    verdict.append(element("h2", {}, "Gates"));
    const list = element("ul", { class: "plain" });
    for (const gate of report.gates) {
      const whose = gate.model ? ` (${gate.model})` : "";
      list.append(
        element("li", {}, element("strong", { class: gate.status }, gate.status), ` ${gate.gate}${whose}: ${gate.reason}`),
      );
    }
    verdict.append(list);
  }
  if (plan.notes.length > 0) {
    const list = element("ul", { class: "plain dim" });
    for (const note of plan.notes) list.append(element("li", {}, note));
    verdict.append(list);
  }
  showModels();
}

function showModels() {
  const { report } = data;
  const over = report.models.some((row) => row.suite === null) ? null : undefined;
  const rows = report.models.filter((row) => over === undefined || row.suite === null);
  const several = over === undefined && report.suites.length > 1;
  const heads = ["model", "pass rate", "95 %", "difference", "p50", "p95", "tokens in / out", "cost", "1k passes", "failed", "undecided", "errors"];
  const table = element("table", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head))));
  const interval = (rate) => (rate?.low === null || rate?.low === undefined ? "" : `${Math.round(rate.low * 100)} to ${Math.round(rate.high * 100)}`);
  for (const row of rows) {
    const compared = report.comparisons.find((one) => one.suite === row.suite && one.candidate === row.label);
    const baseline = report.comparisons.some((one) => one.suite === row.suite && one.baseline === row.label && !one.baseline_run);
    const difference = compared?.difference
      ? `${points(compared.difference.value)} [${points(compared.difference.low ?? NaN)}, ${points(compared.difference.high ?? NaN)}]`
      : baseline ? "baseline" : "";
    const passes = row.cost_per_pass_usd?.value;
    const cells = [
      several ? `${row.label} (${row.suite})` : row.label,
      percent(row.pass_rate?.value),
      interval(row.pass_rate),
      difference,
      milliseconds(row.latency_ms?.p50.value),
      milliseconds(row.latency_ms?.p95.value),
      `${row.usage.input_tokens + row.usage.cache_read_tokens + row.usage.cache_write_tokens} / ${row.usage.output_tokens}`,
      dollars(row.cost_usd),
      passes === null || passes === undefined ? "–" : dollars(passes * 1000),
      row.failed,
      row.undecided,
      row.errors,
    ];
    table.append(element("tr", {}, ...cells.map((cell) => element("td", {}, String(cell)))));
  }
  $("models").append(element("div", { class: "scroll" }, table));
}

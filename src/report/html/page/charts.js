// Charts: what quality costs, and how long answers take. Drawn by Observable Plot.

function showCharts() {
  const { report, plan } = data;
  const over = report.models.some((row) => row.suite === null);
  const rows = report.models.filter((row) => !over || row.suite === null);
  const quality = rows
    .filter((row) => row.pass_rate && row.cost_per_pass_usd?.value)
    .map((row) => ({
      label: row.suite && report.suites.length > 1 ? `${row.label} (${row.suite})` : row.label,
      rate: row.pass_rate.value * 100,
      low: (row.pass_rate.low ?? row.pass_rate.value) * 100,
      high: (row.pass_rate.high ?? row.pass_rate.value) * 100,
      cost: row.cost_per_pass_usd.value * 1000,
      cheap: (row.cost_per_pass_usd.low || row.cost_per_pass_usd.value) * 1000,
      dear: (row.cost_per_pass_usd.high ?? row.cost_per_pass_usd.value) * 1000,
    }));
  const style = { color: "var(--text)", background: "none", fontSize: "12px" };
  const shared = { style, width: 620, height: 340, marginLeft: 50, marginRight: 70, marginBottom: 42 };
  if (quality.length > 0) {
    $("quality").replaceChildren(
      Vendor.plot({
        ...shared,
        x: { type: "log", label: "cost of 1,000 passes, US dollars →", grid: true, tickFormat: (value) => `$${value}` , ticks: 4 },
        y: { label: "↑ pass rate, %", grid: true, domain: [Math.max(0, Math.min(...quality.map((row) => row.low)) - 5), 100] },
        color: { legend: false },
        marks: [
          Vendor.link(quality, { x1: "cost", x2: "cost", y1: "low", y2: "high", stroke: "label", strokeWidth: 1.5 }),
          Vendor.link(quality, { x1: "cheap", x2: "dear", y1: "rate", y2: "rate", stroke: "label", strokeWidth: 1.5 }),
          Vendor.dot(quality, { x: "cost", y: "rate", fill: "label", r: 5 }),
          Vendor.text(quality, { x: "cost", y: "rate", text: "label", dx: 8, dy: -9, textAnchor: "start", fill: "currentColor" }),
        ],
      }),
    );
  } else {
    $("quality").textContent = "No model has both a pass rate and a price.";
  }
  const times = plan.latencies.flatMap(({ label, quantiles }) =>
    quantiles.map((time, at) => ({ label, time: Math.max(time, 0.1), share: (at / (quantiles.length - 1)) * 100 })),
  );
  // Names stand at different heights, so that lines beside each other can be told apart.
  const ends = plan.latencies.map(({ label, quantiles }, at) => {
    const share = 85 - (at % 6) * 12;
    return { label, share, time: Math.max(quantiles[Math.floor((share / 100) * (quantiles.length - 1))], 0.1) };
  });
  if (times.length > 0) {
    $("latency").replaceChildren(
      Vendor.plot({
        ...shared,
        x: { type: "log", label: "latency, ms →", grid: true, ticks: 5 },
        y: { label: "↑ answers that took no longer, %", grid: true, domain: [0, 100] },
        marks: [
          Vendor.line(times, { x: "time", y: "share", stroke: "label", strokeWidth: 1.8, curve: "step-after" }),
          Vendor.text(ends, { x: "time", y: "share", text: "label", fill: "label", textAnchor: "start", dx: 6, stroke: "var(--back)", strokeWidth: 3 }),
        ],
      }),
    );
  } else {
    $("latency").textContent = "No latency was measured.";
  }
}

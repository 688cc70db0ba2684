// One question: the answers of all models side by side, with what differs, why each check came out so, and what was asked.

const detail = { at: -1, marked: true };

async function showDetail(at) {
  const { index, plan } = data;
  detail.at = at;
  const question = await data.question(at);
  if (detail.at !== at) return;
  const suite = plan.suites[index.suite[at]];
  const baseline = suite.baseline ?? question.trials[0]?.model ?? 0;
  const first = question.trials.find((trial) => trial.model === baseline && trial.repeat === 0);
  const reference = shownText(first?.output);
  const prompt = suite.prompts.length > 1 ? ` [${suite.prompts[index.prompt[at]]}]` : "";
  const box = $("detail");
  const mark = element("button", { type: "button", "aria-pressed": detail.marked }, "Mark differences");
  mark.addEventListener("click", toggleMarks);
  const close = element("button", { type: "button" }, "Close");
  close.addEventListener("click", closeDetail);
  const sides = element("div", { class: "sides" });
  for (const trial of question.trials) sides.append(side(trial, suite, baseline, reference));
  box.replaceChildren(
    element("h2", {}, `${suite.name} / ${index.name[at]}${prompt}`),
    element("p", {}, mark, " ", close),
    sides,
    ...asked(question, suite),
  );
  box.hidden = false;
}

function side(trial, suite, baseline, reference) {
  const model = suite.models[trial.model];
  const repeat = trial.repeat > 0 ? `, repeat ${trial.repeat + 1}` : "";
  const text = shownText(trial.output);
  const differs = detail.marked && trial.model !== baseline && reference !== "" && text !== "" && text !== reference;
  const facts = [
    milliseconds(trial.latency_ms),
    `${trial.usage.input_tokens} in, ${trial.usage.output_tokens} out`,
    dollars(trial.cost_usd),
    trial.stop_reason,
    trial.attempts > 1 ? `${trial.attempts} attempts` : null,
    trial.recorded ? "recorded" : null,
  ];
  const box = element(
    "div",
    { class: "side" },
    element("h3", {}, `${model.label}${repeat}: `, element("span", { class: trial.status }, trial.status)),
    element("p", { class: "dim" }, facts.filter(Boolean).join(" · ")),
  );
  if (trial.error) box.append(element("p", { class: "error" }, `${trial.error.kind}: ${trial.error.message}`), trial.error.hint ? element("p", {}, `hint: ${trial.error.hint}`) : "");
  for (const turn of trial.turns ?? []) box.append(element("p", { class: "dim" }, `user: ${turn.user}`), element("pre", {}, turn.output));
  if ((trial.turns ?? []).length === 0 && text !== "") box.append(differs ? compared(reference, text) : element("pre", {}, text));
  for (const call of trial.tool_calls ?? []) box.append(element("pre", {}, `${call.name}(${JSON.stringify(call.input)})`));
  const checks = element("ul", { class: "checks" });
  for (const check of trial.checks) {
    checks.append(element("li", {}, element("span", { class: check.status }, check.status), ` ${check.type}: ${check.reason}`));
  }
  box.append(checks);
  return box;
}

// Returns a text with what it has and the baseline's does not, and the other way round. jsdiff finds the words.
function compared(reference, text) {
  const box = element("pre", {});
  if (reference.length + text.length > 40000) {
    box.textContent = text;
    return box;
  }
  for (const part of Vendor.diffWordsWithSpace(reference, text)) {
    box.append(part.added ? element("ins", {}, part.value) : part.removed ? element("del", {}, part.value) : part.value);
  }
  return box;
}

function asked(question, suite) {
  const parts = [];
  if (question.asked) {
    const { system, messages } = JSON.parse(question.asked);
    const blocks = element("details", {}, element("summary", {}, "What was asked"));
    for (const [role, content] of [["system", system ?? []], ...messages.map((message) => [message.role, message.parts])]) {
      for (const part of content) {
        const shown = typeof part === "object" && typeof part.text === "string" ? part.text : JSON.stringify(part, null, 2);
        blocks.append(element("p", { class: "dim" }, role), element("pre", {}, shown));
      }
    }
    for (const model of suite.models) {
      if (model.request) blocks.append(element("p", { class: "dim" }, `to ${model.label}`), element("pre", {}, JSON.stringify({ model: model.model, ...model.request }, null, 2)));
    }
    parts.push(blocks);
  }
  if (Object.keys(question.vars).length > 0) {
    parts.push(element("details", {}, element("summary", {}, "Variables"), element("pre", {}, JSON.stringify(question.vars, null, 2))));
  }
  return parts;
}

function toggleMarks() {
  detail.marked = !detail.marked;
  if (!$("detail").hidden) showDetail(detail.at);
}

function closeDetail() {
  $("detail").hidden = true;
  detail.at = -1;
  $("list").focus();
}

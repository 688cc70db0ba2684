// What the page is made of: the counted report, an index of all questions, and their answers in packed chunks that are
// opened when somebody looks.

const $ = (id) => document.getElementById(id);

// Makes an element; children are texts, which never act, or elements.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function embedded(id) {
  return JSON.parse($(id).textContent);
}

async function unpacked(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

const data = {
  report: embedded("data-report"),
  plan: embedded("data-plan"),
  index: null,
  chunks: new Map(),
  texts: null,
};

// Returns the answers to a question, by its place.
data.question = async (at) => {
  const number = Math.floor(at / data.plan.chunk);
  if (!data.chunks.has(number)) {
    data.chunks.set(number, unpacked($(`data-${number}`).textContent));
  }
  return (await data.chunks.get(number))[at % data.plan.chunk];
};

// Returns what can be searched of every question, answers included.
data.searchable = async () => {
  if (data.texts) return data.texts;
  const texts = [];
  for (let at = 0; at < data.index.name.length; at++) {
    const { trials, asked, vars } = await data.question(at);
    const answers = trials.map((trial) => shownText(trial.output));
    texts.push([data.heads[at], asked ?? "", JSON.stringify(vars), ...answers].join("\n").toLowerCase());
  }
  data.texts = texts;
  return texts;
};

function shownText(output) {
  if (output === null || output === undefined) return "";
  return typeof output === "string" ? output : JSON.stringify(output, null, 2);
}

const percent = (share) => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)} %`);
const points = (share) => `${share < 0 ? "−" : "+"}${Math.abs(share * 100).toFixed(1)}`;
const dollars = (amount) => (amount === null || amount === undefined ? "unpriced" : `$${Number(amount).toPrecision(3)}`);
const milliseconds = (time) =>
  time === null || time === undefined ? "–" : time < 9999.5 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(1)} s`;

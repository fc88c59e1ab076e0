// docs/abi.md against the constants that the debug module exports and the functions of the release module.

/** Names and values of exported constants; members of enums as `Owner.MEMBER`. */
export type Constants = Map<string, number>;

interface Pair {
  name: string;
  value: number;
}

/** A place in the page that lists all members of an enum: `owner` is its name, `where` finds the text. */
const LISTS: { owner: string; where: (page: string) => string }[] = [
  { owner: "Err", where: (page) => errorTable(sectionOf(page, "## 5.")) },
  { owner: "Event", where: (page) => lineWith(sectionOf(page, "## 6."), "holds the bits") },
  { owner: "State", where: (page) => lineWith(page, "States:") },
  { owner: "Option", where: (page) => lineWith(page, "options: 1 ") },
  { owner: "Flag", where: (page) => lineWith(page, "| `flags` | S |") },
];

/** A table of offsets: the enum that holds them, and the heading of the section it stands in. */
const RECORDS = [
  { owner: "CONTROL", heading: "## 2." },
  { owner: "DEVICE", heading: "### Device record" },
  { owner: "INTERFACE", heading: "### Interface record" },
  { owner: "NEIGHBOUR", heading: "### Neighbour record" },
  { owner: "ROUTE", heading: "### Route record" },
];

/** Single constants that the page states, and the words in front of the number. */
const SINGLES = [
  { name: "ABI_VERSION", words: /`ABI_VERSION` = (\d+)/ },
  { name: "ARENA_START", words: /`ARENA_START` \((\d+)/ },
  { name: "INTERFACES_MAX", words: /`INTERFACES_MAX` \((\d+)/ },
  { name: "DEVICE.octets", words: /^### Device record \((\d+) octets\)/m },
  { name: "INTERFACE.octets", words: /^### Interface record \((\d+) octets\)/m },
  { name: "ENDPOINT.octets", words: /\*\*endpoint record\*\* is (\d+) octets/ },
  { name: "STATUS.octets", words: /\*\*Status record\*\* \((\d+) octets/ },
  { name: "POOL.octets", words: /records of (\d+) octets: u32 `base`/ },
];

/** Everything in which page and constants differ, in words. */
export function differences(page: string, constants: Constants): string[] {
  return [
    ...LISTS.flatMap(({ owner, where }) => compareList(owner, pairsIn(where(page)), constants)),
    ...RECORDS.flatMap(({ owner, heading }) => compareRecord(owner, offsetsIn(sectionOf(page, heading)), constants)),
    ...compareRecord("STATUS", pairsIn(statusParagraph(page)), constants),
    ...SINGLES.flatMap(({ name, words }) => compareSingle(name, words.exec(page)?.[1], constants)),
  ];
}

/** Functions that the page names but the module does not export, and the other way round. */
export function functionDifferences(page: string, functions: string[]): string[] {
  const named = new Set([...page.matchAll(/`([a-z][a-z_0-9]*)\(/g)].map((match) => match[1]));
  return [
    ...functions.filter((name) => !named.has(name)).map((name) => `${name}() is exported but not in docs/abi.md`),
    ...[...named].filter((name) => !functions.includes(name)).map((name) => `${name}() is in docs/abi.md but not exported`),
  ];
}

/** Constants that the page names nowhere. */
export function unlisted(page: string, constants: Constants): string[] {
  return [...constants.keys()].filter((name) => {
    const short = name.split(".").at(-1) ?? name;
    return !page.includes(`\`${short}\``) && !new RegExp(`\`[^\`\n]*\\b${short}\\b[^\`\n]*\``).test(page);
  });
}

function compareList(owner: string, pairs: Pair[], constants: Constants): string[] {
  const members = membersOf(owner, constants);
  if (!members.size) return [`the debug module exports no ${owner}`];
  const faults = pairs.flatMap(({ name, value }) => {
    const found = members.get(name);
    return found === value ? [] : [`${owner}.${name} is ${value} in docs/abi.md, ${found ?? "missing"} in the module`];
  });
  const listed = new Set(pairs.map((pair) => pair.name));
  const missing = [...members.keys()].filter((name) => !listed.has(name) && name !== "COUNT");
  return [...faults, ...missing.map((name) => `${owner}.${name} is not where docs/abi.md lists the others`)];
}

function compareRecord(owner: string, pairs: Pair[], constants: Constants): string[] {
  const members = membersOf(owner, constants);
  if (!members.size) return [`the debug module exports no ${owner}`];
  if (!pairs.length) return [`docs/abi.md has no table for ${owner}`];
  const faults = pairs.flatMap(({ name, value }) => {
    const found = name ? members.get(name) : value;
    return found === value ? [] : [`${owner}.${name} is at ${value} in docs/abi.md, ${found ?? "missing"} in the module`];
  });
  const places = new Set(pairs.map((pair) => pair.value));
  const hidden = [...members].filter(([name, value]) => !places.has(value) && name !== "octets");
  return [...faults, ...hidden.map(([name, value]) => `${owner}.${name} at ${value} is not in docs/abi.md`)];
}

function compareSingle(name: string, stated: string | undefined, constants: Constants): string[] {
  const value = constants.get(name);
  if (stated === undefined) return [`docs/abi.md does not state ${name}`];
  return value === Number(stated) ? [] : [`${name} is ${stated} in docs/abi.md, ${value ?? "missing"} in the module`];
}

function membersOf(owner: string, constants: Constants): Map<string, number> {
  const members = [...constants].filter(([name]) => name.startsWith(`${owner}.`));
  return new Map(members.map(([name, value]) => [name.slice(owner.length + 1), value]));
}

/** The text below a heading, up to the next heading of any level. */
export function sectionOf(page: string, heading: string): string {
  const lines = page.split("\n");
  const first = lines.findIndex((line) => line.startsWith(heading));
  if (first < 0) return "";
  const length = lines.slice(first + 1).findIndex((line) => /^#{2,} /.test(line));
  return lines.slice(first + 1, length < 0 ? undefined : first + 1 + length).join("\n");
}

function lineWith(text: string, words: string): string {
  return text.split("\n").find((line) => line.includes(words)) ?? "";
}

function statusParagraph(page: string): string {
  const paragraphs = page.split("\n\n");
  return paragraphs.find((paragraph) => paragraph.startsWith("**Status record**")) ?? "";
}

/** Every ``7 `NAME` `` of a text. */
function pairsIn(text: string): Pair[] {
  return [...text.matchAll(/(?<![\w.])(-?\d+) `(\w+)`/g)].map((match) => ({ name: match[2], value: Number(match[1]) }));
}

/** The table of errors, one ``-1 `NAME` `` for each; a row may hold a run of them: `-21 ... -28`. */
function errorTable(text: string): string {
  const rows = text.split("\n").map((line) => /^\| (-\d+)(?: \.\.\. -\d+)? \| `([A-Z_ ]+)`/.exec(line));
  return rows.flatMap((row) => (row ? row[2].split(" ").map((name, index) => `${Number(row[1]) - index} \`${name}\``) : [])).join(", ");
}

/** Rows of a table whose first column holds offsets: the names in the third, none for rows in plain words. */
function offsetsIn(text: string): Pair[] {
  return text.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    if (!/^\d+(, \d+)*$/.test(cells[1] ?? "")) return [];
    const names = [...(cells[3] ?? "").matchAll(/`(\w+)`/g)].map((match) => match[1]);
    return cells[1].split(", ").map((offset, index) => ({ name: names[index] ?? "", value: Number(offset) }));
  });
}

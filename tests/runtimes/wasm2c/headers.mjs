// C headers of the host interface: its constants from the list in docs/abi.md, its calls from what wasm2c says of the module.

/** `#define RW_OWNER_MEMBER value` for each constant of the page's list, whose paragraphs read: **`Owner`**: 0 `MEMBER`, 1 `MEMBER`. */
export function constantsHeader(page) {
  const list = page.split("<!-- constants:")[1]?.split("<!-- end of constants -->")[0];
  if (!list) throw new Error("docs/abi.md: no list of constants (expected the marks that npm run build writes between)");
  const lines = list.split("\n").flatMap((line) => {
    const owner = /^\*\*`(\w+)`\*\*/.exec(line)?.[1];
    return [...line.matchAll(/(-?\d+) `(\w+)`/g)].map(
      ([, value, name]) => `#define ${["RW", owner, name].filter(Boolean).map(upper).join("_")} ${value}`,
    );
  });
  return `// Generated from docs/abi.md.\n${lines.join("\n")}\n`;
}

/** `memoryNeeded` and `BAD_HANDLE` as `MEMORY_NEEDED` and `BAD_HANDLE`. */
function upper(name) {
  return name === name.toUpperCase() ? name : name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** For each exported function one of type i32 without the instance, which is `rw`; and a table of all by name, for the replay. */
export function callsHeader(header) {
  const functions = [...header.matchAll(/^u32 w2c_ringwire_(\w+)\(w2c_ringwire\*((?:, u32)*)\);/gm)].map(([, name, list]) => [
    name,
    list.length / 5,
  ]);
  const letters = (count) => [..."abcdef"].slice(0, count);
  const lines = functions.flatMap(([name, count]) => {
    const parameters = letters(count).map((letter) => `uint32_t ${letter}`);
    const passed = ["&rw", ...letters(count)].join(", ");
    const taken = letters(count).map((_, place) => `a[${place}]`);
    return [
      `static inline int32_t rw_${name}(${parameters.join(", ") || "void"}) { return (int32_t)w2c_ringwire_${name}(${passed}); }`,
      `static int32_t call_${name}(const uint32_t *a) { (void)a; return rw_${name}(${taken.join(", ")}); }`,
    ];
  });
  const rows = functions.map(([name, count]) => `  {"${name}", ${count}, call_${name}},`);
  const row = "struct { const char *name; int arguments; int32_t (*call)(const uint32_t *); }";
  const table = `static const ${row} rw_calls[] = {\n${rows.join("\n")}\n};`;
  const head = '// Generated from the exports of the module.\n#include "ringwire.h"\n\nstatic w2c_ringwire rw;';
  return `${head}\n\n${lines.join("\n")}\n\n${table}\n`;
}

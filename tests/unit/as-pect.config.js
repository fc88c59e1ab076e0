// as-pect takes its entries from the runner: one a floor, written to build/unit.
export default {
  entries: [],
  include: ["tests/unit/**/*.include.ts"],
  disclude: [/node_modules/],
  reporter: "tests/unit/reporter.js",
  async instantiate(memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: { memory } }));
  },
  outputBinary: false,
};

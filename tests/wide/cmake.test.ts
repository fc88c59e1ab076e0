// The C binding as a CMake library: with both engines in a program on this machine, and with the patched wasm3 for a Cortex-M3.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { tools } from "../boards/rig.js";

const ROOT = process.cwd();
const MODULE = join(ROOT, "build/ringwire-tiny.wasm");
const missing = ["cmake", "gcc", "ninja"].find((name) => spawnSync(name, ["--version"]).error);

describe("bindings/c as a CMake library", { skip: missing ? `no ${missing}` : false }, () => {
  const folder = mkdtempSync(join(tmpdir(), "ringwire-cmake-"));
  after(() => rmSync(folder, { recursive: true }));

  for (const engine of ["wasm2c", "wasm3"]) {
    const skip = engine === "wasm3" ? tools.whyNoWasm3(ROOT) || false : false;
    test(`${engine}: starts, serves, refuses, keeps, and comes back after a trap`, { skip }, () => {
      const settings = { RINGWIRE_ROOT: ROOT, RINGWIRE_MODULE: MODULE, RINGWIRE_ENGINE: engine, CMAKE_BUILD_TYPE: "Release" };
      const sources = engine === "wasm3" ? [`-DWASM3_SRC=${tools.wasm3Sources(ROOT)}`] : [];
      const build = join(folder, engine);
      const definitions = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
      execFileSync("cmake", ["-G", "Ninja", "-S", join(ROOT, "tests/boards/cmake"), "-B", build, ...definitions, ...sources]);
      const { stdout: said, status } = spawnSync("cmake", ["--build", build], { encoding: "utf8" });
      assert.equal(status, 0, said);
      const { stdout, stderr } = spawnSync(join(build, "selftest"), engine === "wasm3" ? [MODULE] : [], { encoding: "utf8" });
      assert.deepEqual({ stdout, stderr }, { stdout: "ok\n", stderr: "" });
    });
  }

  const cross = spawnSync("arm-none-eabi-gcc", ["--version"]).error ? "no arm-none-eabi-gcc" : tools.whyNoWasm3(ROOT);
  test("wasm3 with wasm3.patch: compiles for a Cortex-M3, with its own operations", { skip: cross || false }, () => {
    const build = join(folder, "small");
    const settings = {
      CMAKE_SYSTEM_NAME: "Generic",
      CMAKE_TRY_COMPILE_TARGET_TYPE: "STATIC_LIBRARY",
      CMAKE_C_COMPILER: "arm-none-eabi-gcc",
      CMAKE_C_FLAGS: "-mcpu=cortex-m3 -mthumb",
      RINGWIRE_ENGINE: "wasm3",
      WASM3_SRC: tools.smallWasm3Sources(ROOT),
    };
    const definitions = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
    execFileSync("cmake", ["-G", "Ninja", "-S", join(ROOT, "bindings/c"), "-B", build, ...definitions]);
    const { stdout: said, status } = spawnSync("cmake", ["--build", build], { encoding: "utf8" });
    assert.equal(status, 0, said);
    const symbols = execFileSync("arm-none-eabi-nm", [join(build, "libringwire.a")], { encoding: "utf8" });
    for (const name of ["op_i32_Load_i32_s_Set", "rw_heap", "rw_poll"]) assert.match(symbols, new RegExp(`\\b${name}$`, "m"));
  });
});

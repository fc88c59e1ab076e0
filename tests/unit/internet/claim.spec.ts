import { AddressState } from "../../../assembly/memory/control";
import { Counter } from "../../../assembly/memory/counters";
import { root, state } from "../../../assembly/memory/root";
import * as claim from "../../../assembly/internet/claim";
import { add } from "../../../assembly/internet/configure";
import { counted, ethernet, run } from "../world";

describe("internet/claim", () => {
  test("RFC 5227 §2.1: an address that nobody objects to becomes valid after its probes", () => {
    ethernet(0xc0000201, 24);
    const it = root.interface(0);
    const place = add(it, 0xc0000209, 24, true);
    expect<i32>(place).toBe(1);
    run(2000);
    expect<u32>(it.address(1).state).toBe(AddressState.TENTATIVE);
    run(8000);
    expect<u32>(it.address(1).state).toBe(AddressState.VALID);
  });
  test("RFC 5227 §2.1.1: one that another host has is not taken", () => {
    ethernet(0xc0000201, 24);
    const it = root.interface(0);
    add(it, 0xc0000209, 24, true);
    claim.conflict(it, it.address(1), state.now);
    expect<u32>(it.address(1).state).toBe(AddressState.CONFLICT);
    expect<u32>(counted(Counter.ARP_LOST)).toBe(1);
    run(20000);
    expect<u32>(it.address(1).state).toBe(AddressState.CONFLICT);
  });
  test("RFC 5227 §2.4: a valid one is defended once in ten seconds where addresses are probed, and only counted elsewhere", () => {
    ethernet(0xc0000201, 24);
    const address = root.interface(0).address(0);
    claim.conflict(root.interface(0), address, state.now);
    claim.conflict(root.interface(0), address, state.now);
    expect<u32>(address.state).toBe(AddressState.VALID);
    expect<u32>(address.conflicts).toBe(2);
    root.extra.probing = 1;
    address.conflicts = 0;
    claim.conflict(root.interface(0), address, state.now);
    expect<u32>(address.state).toBe(AddressState.VALID);
    claim.conflict(root.interface(0), address, state.now);
    expect<u32>(address.state).toBe(AddressState.CONFLICT);
  });
});

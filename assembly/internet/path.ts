import { CONFIGURE } from "../memory/config";
import { Interface } from "../memory/control";
import { state } from "../memory/root";
import { Instant } from "../memory/time";
import { deviceOf } from "../link/interfaces";
import * as arp from "./arp";
import { Neighbour } from "./neighbour";
import { Hop } from "./route";
import * as route from "./route";

/** What a path answers: send now, wait for the neighbour, or there is no way. */
export enum PathState {
  READY = 0,
  WAIT = 1,
  UNREACHABLE = 2,
}

/** The way to one destination, kept by whoever sends there often. It asks again when routes or addresses have changed. 20 octets. */
@unmanaged
@final
export class Path {
  interface: u32;
  nextHop: u32;
  source: u32;
  /** Pinned; 0: not looked up, or not needed. */
  neighbour: u32;
  /** Of routes and addresses, when this was found; they start at 1. */
  generation: u32;

  get hop(): Hop {
    return changetype<Hop>(changetype<usize>(this));
  }
  get via(): Interface {
    return changetype<Interface>(<usize>this.interface);
  }
  get to(): Neighbour | null {
    return changetype<Neighbour | null>(<usize>this.neighbour);
  }
}

/** Whether a datagram can leave for `destination` now; asks whom it must. `only`: number of the interface, 0: any. */
export function ready(path: Path, destination: u32, only: u32, now: Instant): PathState {
  if (path.generation != state.pathGeneration && !find(path, destination, only)) return PathState.UNREACHABLE;
  if (CONFIGURE && deviceOf(path.via).linkDown) return PathState.WAIT;
  if (!arp.resolves(path.via)) return PathState.READY;
  const known = path.to;
  if (known && arp.isUsable(known, now)) {
    known.used = now;
    return PathState.READY;
  }
  const neighbour = arp.want(path.via, path.nextHop, false, now);
  if (neighbour && neighbour != known) {
    release(path);
    path.neighbour = neighbour.address;
    arp.pin(neighbour);
  }
  return neighbour && arp.isUsable(neighbour, now) ? PathState.READY : PathState.WAIT;
}

/** Looks the route up. False: none, and the path is as it was. */
export function find(path: Path, destination: u32, only: u32): bool {
  if (!route.find(path.hop, destination, only)) return false;
  release(path);
  path.generation = state.pathGeneration;
  return true;
}

/** Lets go of the neighbour. */
export function release(path: Path): void {
  const neighbour = path.to;
  if (neighbour) arp.unpin(neighbour);
  path.neighbour = 0;
}

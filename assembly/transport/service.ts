// The services that ship with the stack: applications with sockets and state of their own, which the host cannot take from them.
import { SERVICE_SOCKETS, TINY } from "../memory/config";
import { root, state } from "../memory/root";

/** Which there are; each is an owner of sockets, behind those of the control block. */
export enum Service {
  DHCP = 0,
  DHCPD = 1,
  DNS = 2,
  MDNS = 3,
  SNTP = 4,
  TFTP = 5,
  TFTPD = 6,
  SYSLOG = 7,
  HTTP = 8,
  SMALL = 9,
  MQTT = 10,
  COUNT = 11,
}
/** How many this build has room for. */
export const SERVICES: u32 = SERVICE_SOCKETS ? <u32>Service.COUNT : 0;
/** Octets of state each service has, zeroed by init. What needs more has a pool. */
export const SERVICE_OCTETS: u32 = TINY ? 128 : 512;

/** The number of a service among owners. */
export function ownerOf(service: Service): u32 {
  return root.owners + <u32>service;
}
/** Whether an owner is a service. */
export function isService(owner: u32): bool {
  return SERVICES != 0 && owner >= root.owners;
}
/** Whether there is such an owner, services among them. */
export function isOwner(owner: u32): bool {
  return owner < root.owners + SERVICES;
}
/** A service's state. */
export function recordOf<T>(service: Service): T {
  if (<u32>offsetof<T>() > SERVICE_OCTETS) ERROR("a service has more state than there is room for");
  return changetype<T>(<usize>(state.services + <u32>service * SERVICE_OCTETS));
}

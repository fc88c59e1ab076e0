/** Exit status of the kernel's part that says: no TAP device can be made here, take the virtual wire. */
export const NO_TAP = 75;

/** A mistake put into a driver on purpose: a text of its source, and what stands there instead. */
export interface Mutant {
  part: string;
  what: string;
  text: string;
  instead: string;
}

const of = (part: string, ...mistakes: [what: string, text: string, instead: string][]): Mutant[] =>
  mistakes.map(([what, text, instead]) => ({ part, what, text, instead }));

/** Each must make the tests of its driver fail. */
export const MUTANTS: Mutant[] = [
  ...of(
    "enc28j60",
    ["the receive pointer is even (erratum 14)", "next ? next - 1 : RX_END", "next"],
    ["the transmit logic is not reset (erratum 12)", "operate(it, SET, ECON1, TXRST);", ""],
    ["the error that this raises is left standing", "operate(it, CLEAR, EIR, TXERIF | TXIF);", ""],
    ["nothing is waited for after a reset (erratum 2)", "it->spi->wait(it->spi->bus, RESET_US);", ""],
    ["the status of a frame is not looked at", "bool is_good = header[4] & OK;", "bool is_good = true;"],
    ["MAC registers are read too early", "return value[name & MAC ? 1 : 0];", "return value[0];"],
    ["a frame that was read is not counted off", "operate(it, SET, ECON2, PKTDEC);", ""],
    ["a frame on its way is overwritten", "if ((get(it, ECON1) & TXRTS) && !(get(it, EIR) & TXERIF)) return false;", ""],
    ["what is sent comes back", "set_phy(it, PHCON2, HDLDIS);", ""],
    ["the end of the frame is one octet off", "set16(it, ETXND, TX_START + octets);", "set16(it, ETXND, TX_START + octets - 1);"],
  ),
  ...of(
    "w5500",
    ["a size is read once", "steady(it, Sn_RX_RSR)", "get16(it, Sn_RX_RSR)"],
    ["a command is not waited for", "if (!get(it, SOCKET, Sn_CR)) return true;", "return true;"],
    ["the next frame does not wait for the one before", "if (it->is_sending && !(get(it, SOCKET, Sn_IR) & SENT)) return false;", ""],
    ["the other sockets keep their memory", "Sn_RXBUF_SIZE, i ? 0 : KILOBYTES", "Sn_RXBUF_SIZE, i ? 2 : KILOBYTES"],
    ["the length in front of a frame is not stepped over", "set16(it, Sn_RX_RD, from + octets);", "set16(it, Sn_RX_RD, from + length);"],
    ["a length that cannot be is believed", "octets > waiting", "false"],
    ["frames for others come, too", "MACRAW | MAC_FILTER", "MACRAW"],
    ["that a frame has left is never told again", "set(it, SOCKET, Sn_IR, SENT);", ""],
  ),
  ...of(
    "stm32eth",
    ["the DMA is not told of new slots", "set(it, DMARPDR, 0);", ""],
    ["that there were no slots is left standing", "set(it, DMASR, RBUS);", ""],
    ["the checksum counts as frame", "(status >> 16 & 0x3fff) - CRC", "(status >> 16 & 0x3fff)"],
    ["the first piece is taken for a frame", "(status & RX_LAST) && ", ""],
    ["errors in a slot's status are not looked at", " && !(status & RX_ERROR)", ""],
    ["a MAC register is written again too soon", "it->bus->wait(it->bus->bus, 1);", ""],
    [
      "frames are told to have left before they have",
      "it->sent != it->given && !(it->tx[it->sent % STM32ETH_FRAMES].status & OWN)",
      "it->sent != it->given",
    ],
    ["more frames are given than there are descriptors", "if (it->given - it->sent == STM32ETH_FRAMES) return false;", ""],
    ["the PHY's clock is too fast", "mhz >= 150 ? 4 << 2 :", "mhz >= 150 ? 3 << 2 :"],
    ["a link that was lost is told for good", "phy(it, BMSR, 0);  // a link", "// a link"],
  ),
];

// Arm MPS2 with the image AN500: as AN385, but the LAN9118 lies elsewhere.
#define LAN9118 0xa0000000
#include "../mps2-an385/board.c"

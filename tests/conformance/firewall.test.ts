// The questions about a firewall that a course on TCP/IP asks: who reaches which server through it, and by which port.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Action, Direction } from "../../bindings/node/core.js";
import { INSIDE, OUTSIDE, Town } from "./town.js";

const CLOSED = { forward: Action.DROP } as const;
const ANSWERS = "forward established accept";

describe("a firewall between a client inside and a server outside", () => {
  test("all closed: neither telnet nor web, from neither side; the gateway itself is not concerned", async () => {
    const town = await Town.make({ policy: CLOSED });
    const { client, gateway, server } = town;
    assert.equal(town.connect(client, server, OUTSIDE.ip, 23), "TIMED_OUT");
    assert.equal(town.connect(client, server, OUTSIDE.ip, 80), "TIMED_OUT");
    assert.equal(town.connect(server, client, INSIDE.ip, 80), "TIMED_OUT");
    assert.ok(gateway.counter("FILTERED_FORWARD") >= 3);
    assert.ok(Array.isArray(town.connect(client, gateway, INSIDE.gateway, 80)));
  });

  test("the web port is open from inside: the web server is reached there, telnet is not, and nobody from outside", async () => {
    const town = await Town.make({ policy: CLOSED, rules: [ANSWERS, "forward on 0 tcp port 80 new accept"] });
    const { client, server } = town;
    const web = town.connect(client, server, OUTSIDE.ip, 80);
    assert.ok(Array.isArray(web));
    town.says(client, web[0], server, web[1], "GET / HTTP/1.1\r\n\r\n");
    town.says(server, web[1], client, web[0], "HTTP/1.1 200 OK\r\n\r\n");
    assert.equal(town.connect(client, server, OUTSIDE.ip, 23), "TIMED_OUT");
    assert.equal(town.connect(server, client, INSIDE.ip, 80), "TIMED_OUT", "the same port from outside");
  });

  test("a web server that was moved to port 8080 is not reached by an opening for 80; a telnet server moved to 80 is", async () => {
    const town = await Town.make({ policy: CLOSED, rules: [ANSWERS, "forward on 0 tcp port 80 new accept"] });
    const { client, server } = town;
    assert.equal(town.connect(client, server, OUTSIDE.ip, 8080), "TIMED_OUT");
    const telnet = town.connect(client, server, OUTSIDE.ip, 80);
    assert.ok(Array.isArray(telnet), "the filter knows ports, not what is spoken there");
    town.says(server, telnet[1], client, telnet[0], "login: ");
  });

  test("one client may, another may not; a rejected one is told at once", async () => {
    const rules = [ANSWERS, "forward from 10.1.0.64/26 tcp port 23 accept", "forward tcp to 192.0.2.2 port 23 reject"];
    const town = await Town.make({ policy: CLOSED, rules });
    const { client, server } = town;
    const began = town.ms;
    assert.equal(town.connect(client, server, OUTSIDE.ip, 23), "REFUSED");
    assert.ok(town.ms - began > 0);
    assert.equal(client.counter("TCP_RST_IN"), 1);
    const other = await Town.make({ policy: CLOSED, rules: [ANSWERS, "forward from 10.1.0.0/26 tcp port 23 accept"] });
    assert.ok(Array.isArray(other.connect(other.client, other.server, OUTSIDE.ip, 23)));
  });

  test("active FTP fails where passive FTP works: the server's data connection comes from outside", async () => {
    const rules = [ANSWERS, "forward on 0 tcp new accept"];
    const town = await Town.make({ policy: CLOSED, rules });
    const { client, server } = town;
    const control = town.connect(client, server, OUTSIDE.ip, 21);
    assert.ok(Array.isArray(control));
    town.says(server, control[1], client, control[0], "220 ready\r\n");

    town.says(client, control[0], server, control[1], "PORT 10,1,0,2,19,137\r\n");
    town.says(server, control[1], client, control[0], "200 PORT\r\n");
    town.says(client, control[0], server, control[1], "RETR a\r\n");
    assert.equal(town.connect(server, client, INSIDE.ip, 19 * 256 + 137), "TIMED_OUT", "active: from the server, to a port of the client");
    town.says(server, control[1], client, control[0], "425 no data connection\r\n");

    town.says(client, control[0], server, control[1], "PASV\r\n");
    town.says(server, control[1], client, control[0], "227 (192,0,2,2,195,80)\r\n");
    const data = town.connect(client, server, OUTSIDE.ip, 195 * 256 + 80);
    assert.ok(Array.isArray(data), "passive: from the client, to a port of the server");
    town.says(client, control[0], server, control[1], "RETR a\r\n");
    town.says(server, data[1], client, data[0], "the file");
  });
});

describe("two hosts and a translating gateway", () => {
  test("a connection from inside, and one back through a forwarded port, behind a filter that lets in nothing else", async () => {
    const rules = ["forward established accept", "forward on 0 accept", "forward tcp to 10.1.0.2 port 80 new accept"];
    const town = await Town.make({
      rules,
      policy: { forward: Action.DROP, in: Action.DROP },
      napt: true,
      forwards: ["tcp 8080 to 10.1.0.2:80"],
    });
    const { client, gateway, server } = town;
    const out = town.connect(client, server, OUTSIDE.ip, 80);
    assert.ok(Array.isArray(out));
    town.says(client, out[0], server, out[1], "from inside");
    town.says(server, out[1], client, out[0], "to inside");
    assert.equal(server.remote.address, OUTSIDE.gateway);
    const back = town.connect(server, client, OUTSIDE.gateway, 8080, 80);
    assert.ok(Array.isArray(back));
    town.says(server, back[0], client, back[1], "from outside");
    assert.equal(town.connect(server, client, INSIDE.ip, 80), "TIMED_OUT", "its own address is not reached");
    assert.equal(gateway.filter_policy(Direction.FORWARD, Action.ACCEPT), 0);
  });
});

import { type ClientRequest, type RequestOptions, request } from "node:http";
import type { Duplex } from "node:stream";

/** What an HTTP request brought. */
export interface PageResult {
  readonly status: number;
  readonly type: string;
  readonly octets: number;
  readonly text: string;
}

/** Gets a page with Node's own HTTP client; over `stream` when one is given, else over a connection of the kernel. */
export function getPage(host: string, path: string, stream?: Duplex): Promise<PageResult> {
  const options: RequestOptions = {
    host,
    path,
    headers: { Connection: "close" },
    ...(stream ? { createConnection: () => stream } : { agent: false }),
  };
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = request(options, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const octets = Buffer.concat(parts);
        const type = response.headers["content-type"] ?? "";
        resolve({ status: response.statusCode ?? 0, type, octets: octets.length, text: octets.toString("utf8") });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

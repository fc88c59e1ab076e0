// `npm run bench`: how fast the stack is, beside its peers. `-- loss`: a bulk transfer over a bad link. `-- profile`: where its instructions go. `-- --help` says the rest.
import { lossBenchmark } from "./loss/main.js";
import { suite } from "./suite/main.js";
import { profile } from "./suite/profile.js";

/** Milliseconds that the process stays, so that V8's compiler threads end: a process of Node 20 may wait for them for ever at its end (nodejs/node#54918). */
const LINGER = 200;

const [part, ...rest] = process.argv.slice(2);
try {
  if (part === "loss") await lossBenchmark(rest);
  else if (part === "profile" && rest.length === 0) console.log(await profile());
  else await suite(process.argv.slice(2));
  setTimeout(() => {}, LINGER);
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}

import { find, isToken, lower, number, say, UNKNOWN, Word, wordIn } from "../../../assembly/application/words";

const AT: usize = memory.data(64, 8);
function at(text: string): usize {
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, AT);
  return AT + text.length;
}
function isWord(text: string, folds: bool): Word {
  return wordIn(AT, at(text), folds);
}
function said(which: Word, isName: bool): string {
  return String.UTF8.decodeUnsafe(AT, say(AT, which, isName) - AT);
}

describe("application/words", () => {
  test("each word is found whole, in its own letters or folded", () => {
    for (let word = Word.GET; word < Word.COUNT; word++) {
      const end = say(AT, word, false);
      expect<u32>(wordIn(AT, end, false)).toBe(word);
      expect<u32>(wordIn(AT, end - 1, false)).toBe(Word.COUNT);
    }
    expect<u32>(isWord("Keep-ALIVE", true)).toBe(Word.KEEP_ALIVE);
    expect<u32>(isWord("Keep-Alive", false)).toBe(Word.COUNT);
    expect<u32>(isWord("", true)).toBe(Word.COUNT);
    expect<u32>(isWord("gets", true)).toBe(Word.COUNT);
  });
  test("words are written as they are, or as names of fields", () => {
    expect<string>(said(Word.CONTENT_LENGTH, true)).toBe("Content-Length");
    expect<string>(said(Word.TRANSFER_ENCODING, true)).toBe("Transfer-Encoding");
    expect<string>(said(Word.CHUNKED, false)).toBe("chunked");
    expect<string>(said(Word.GET, false)).toBe("GET");
    expect<string>(said(Word.BYTES, false)).toBe("bytes");
  });
  test("characters of tokens and hosts: RFC 9110 §5.6.2", () => {
    const tokens = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (let c: u32 = 0; c < 256; c++) {
      store<u8>(AT, c);
      const isIn = c > 0 && c < 128 && tokens.includes(String.fromCharCode(c));
      expect<bool>(isToken(AT, AT + 1, false)).toBe(isIn, c.toString());
      expect<bool>(isToken(AT, AT + 1, true)).toBe(isIn || c == 58 || c == 91 || c == 93, c.toString());
    }
    expect<bool>(isToken(AT, AT, false)).toBe(false);
  });
  test("numbers have only digits, and not too many", () => {
    expect<u64>(number(AT, at("0"), 10, 18)).toBe(0);
    expect<u64>(number(AT, at("999999999999999999"), 10, 18)).toBe(999999999999999999);
    expect<u64>(number(AT, at("1000000000000000000"), 10, 18)).toBe(UNKNOWN);
    expect<u64>(number(AT, at("fFff"), 16, 15)).toBe(0xffff);
    expect<u64>(number(AT, at("1a"), 10, 18)).toBe(UNKNOWN);
    expect<u64>(number(AT, at("1g"), 16, 15)).toBe(UNKNOWN);
    expect<u64>(number(AT, at(":"), 16, 15)).toBe(UNKNOWN);
    expect<u64>(number(AT, AT, 10, 18)).toBe(UNKNOWN);
  });
  test("find and lower", () => {
    expect<usize>(find(AT, at("a:b:"), 58) - AT).toBe(1);
    expect<usize>(find(AT, at("ab"), 58) - AT).toBe(2);
    expect<u32>(lower(65)).toBe(97);
    expect<u32>(lower(90)).toBe(122);
    expect<u32>(lower(64)).toBe(64);
    expect<u32>(lower(91)).toBe(91);
  });
});

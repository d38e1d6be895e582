// The query language in pieces, for colours and for completion. What is wrong with a query, the server says.

export type TokenKind = "space" | "comment" | "string" | "number" | "word" | "operator" | "bracket" | "other";
export type Token = { kind: TokenKind; text: string; from: number; to: number };

/** Each at the beginning of what is left; a string may lack its end. */
export const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ["space", /^\s+/],
  ["comment", /^\/\/.*/],
  ["string", /^[rR]?(?:"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)/],
  ["number", /^(?:0[xX][\da-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)u?/],
  ["word", /^[\p{L}_][\p{L}\p{N}_]*/u],
  ["operator", /^(?:==|!=|<=|>=|&&|\|\||[<>!+\-*/%?:])/],
  ["bracket", /^[()[\]{}.,]/],
  ["other", /^./su],
];

export function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let from = 0; from < text.length; ) {
    const rest = text.slice(from);
    const [kind, matched] = first(rest);
    found.push({ kind, text: matched, from, to: from + matched.length });
    from += matched.length;
  }
  return found;
}

function first(rest: string): [TokenKind, string] {
  for (const [kind, pattern] of PATTERNS) {
    const matched = pattern.exec(rest)?.[0];
    if (matched) return [kind, matched];
  }
  return ["other", rest];
}

/** Whether a string has its end. */
export function isClosed(string: string): boolean {
  const quotes = string.replace(/^[rR]/, "");
  const quote = quotes[0] ?? '"';
  return quotes.length > 1 && quotes.endsWith(quote) && !/(?:^|[^\\])(?:\\\\)*\\$/.test(quotes.slice(0, -1));
}

import { createElement, Fragment, type ReactNode } from "react";

/** A text with every place marked where the words are, in any case. */
export function marked(text: string, words: string): ReactNode {
  if (words === "") return text;
  const pattern = new RegExp(`(${words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "gi");
  const parts = text.split(pattern);
  return createElement(Fragment, null, ...parts.map((part, at) => (at % 2 ? createElement("mark", null, part) : part)));
}

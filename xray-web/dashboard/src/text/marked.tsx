import { Fragment, type ReactNode } from "react";

/** A text with every place marked where the words are, in any case. */
export function marked(text: string, words: string): ReactNode {
  if (words === "") return text;
  const pattern = new RegExp(`(${words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "gi");
  const parts = text.split(pattern);
  if (parts.length === 1) return text;
  // biome-ignore lint/suspicious/noArrayIndexKey: the parts have nothing but their order
  return parts.map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : <Fragment key={index}>{part}</Fragment>));
}

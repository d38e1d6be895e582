// What the palette offers, and which of it fits to what is typed.

export type Command = { id: string; label: string; hint?: string; run: () => void };
export type CommandGroup = { value: string; items: Command[] };

const MOST = 7;

/** The commands that have every word of the text, those that begin with it first; a few of each group. */
export function matching(groups: CommandGroup[], text: string): CommandGroup[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return groups
    .map(({ value, items }) => ({ value, items: few(items, words, `${value} `.toLowerCase()) }))
    .filter(({ items }) => items.length > 0);
}

function few(items: Command[], words: string[], group: string): Command[] {
  const [first = ""] = words;
  const fitting = items.filter(({ label }) => {
    const whole = group + label.toLowerCase();
    return words.every((word) => whole.includes(word));
  });
  const place = ({ label }: Command) => (label.toLowerCase().startsWith(first) ? 0 : 1);
  return fitting.toSorted((a, b) => place(a) - place(b)).slice(0, MOST);
}

/** Whether a text can be a part of a run's id. */
export const looksLikeId = (text: string): boolean => /^[0-9a-f]{4,32}$/i.test(text);

import { useState } from "react";
import { Button } from "./Button";

/** Puts a text onto the clipboard, and says so for a moment. */
export function CopyButton({
  text,
  label = "Copy",
}: {
  text: string | (() => string | Promise<string>);
  label?: string;
}) {
  const [said, setSaid] = useState<string>();
  async function copy() {
    const copied = typeof text === "string" ? text : await text();
    const said = await navigator.clipboard.writeText(copied).then(
      () => "Copied",
      () => "Not allowed",
    );
    setSaid(said);
    setTimeout(() => setSaid(undefined), 1_500);
  }
  return (
    <Button quiet onClick={copy} aria-live="polite">
      {said ?? label}
    </Button>
  );
}

import { Button } from "../parts/Button";
import { type Choice, useTheme } from "./theme";

const NEXT: Record<Choice, Choice> = { system: "light", light: "dark", dark: "system" };
const SIGN: Record<Choice, string> = { system: "◐", light: "☀", dark: "☾" };

/** Goes round: as the system, light, dark. */
export function ThemeChoice() {
  const { choice, choose } = useTheme();
  return (
    <Button quiet aria-label={`Colours: ${choice}`} title={`Colours: ${choice}`} onClick={() => choose(NEXT[choice])}>
      <span aria-hidden="true">{SIGN[choice]}</span>
    </Button>
  );
}

// Light or dark: what the system says, unless somebody chose.
import { createContext, type ReactNode, use, useEffect, useState } from "react";

export type Theme = "light" | "dark";
export type Choice = Theme | "system";

const KEY = "xray-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

const ThemeContext = createContext<{ choice: Choice; theme: Theme; choose: (choice: Choice) => void }>({
  choice: "system",
  theme: "light",
  choose: () => {},
});

export const useTheme = () => use(ThemeContext);

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState<Choice>(chosen);
  const [system, setSystem] = useState<Theme>(dark.matches ? "dark" : "light");
  useEffect(() => {
    const changed = () => setSystem(dark.matches ? "dark" : "light");
    dark.addEventListener("change", changed);
    return () => dark.removeEventListener("change", changed);
  }, []);
  const theme = choice === "system" ? system : choice;
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const choose = (choice: Choice) => {
    setChoice(choice);
    localStorage.setItem(KEY, choice);
  };
  return <ThemeContext value={{ choice, theme, choose }}>{children}</ThemeContext>;
}

function chosen(): Choice {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

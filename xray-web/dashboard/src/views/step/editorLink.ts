// Opening a callsite in an editor. The file is relative to a workspace whose place only the user knows.

export type Editor = "none" | "vscode" | "vscodium" | "cursor" | "zed" | "idea";
export type EditorChoice = { editor: Editor; root: string };

export const EDITORS: { value: Editor; label: string }[] = [
  { value: "none", label: "None: copy file:line" },
  { value: "vscode", label: "VS Code" },
  { value: "vscodium", label: "VSCodium" },
  { value: "cursor", label: "Cursor" },
  { value: "zed", label: "Zed" },
  { value: "idea", label: "RustRover, IntelliJ" },
];

const KEY = "xray-editor";

/** The address that opens the line; nothing without an editor, or without a root for a file that needs one. */
export function editorLink({ editor, root }: EditorChoice, file: string, line: number): string | undefined {
  const isAbsolute = /^([A-Za-z]:)?[\\/]/.test(file);
  if (editor === "none" || (!isAbsolute && root === "")) return undefined;
  const whole = (isAbsolute ? file : `${root.replace(/[\\/]+$/, "")}/${file}`).replaceAll("\\", "/");
  const path = whole.split("/").map(encodeURIComponent).join("/").replace(/^\/?/, "/").replace("%3A", ":");
  if (editor === "idea") return `idea://open?file=${encodeURIComponent(whole)}&line=${line}`;
  return `${editor}://file${path}:${line}`;
}

export function readChoice(kept: string | null): EditorChoice {
  try {
    const { editor, root } = JSON.parse(kept ?? "") as Partial<EditorChoice>;
    const known = EDITORS.find(({ value }) => value === editor);
    return { editor: known?.value ?? "none", root: typeof root === "string" ? root : "" };
  } catch {
    return { editor: "none", root: "" };
  }
}

export const keptChoice = (): EditorChoice => readChoice(localStorage.getItem(KEY));
export const keepChoice = (choice: EditorChoice): void => localStorage.setItem(KEY, JSON.stringify(choice));

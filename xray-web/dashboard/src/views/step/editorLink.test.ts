import { expect, it } from "vitest";
import { editorLink, readChoice } from "./editorLink";

it("a callsite opens in the editor that was chosen", () => {
  const link = (editor: "none" | "vscode" | "idea", root: string, file = "src/a b.rs") =>
    editorLink({ editor, root }, file, 7);
  expect(link("vscode", "/home/me/app/")).toBe("vscode://file/home/me/app/src/a%20b.rs:7");
  expect(link("vscode", "C:\\app")).toBe("vscode://file/C:/app/src/a%20b.rs:7");
  expect(link("vscode", "", "/abs/x.rs")).toBe("vscode://file/abs/x.rs:7");
  expect(link("idea", "/app")).toBe("idea://open?file=%2Fapp%2Fsrc%2Fa%20b.rs&line=7");
  expect([link("none", "/app"), link("vscode", "")]).toEqual([undefined, undefined]);
});

it("whatever is kept of a choice, there is one", () => {
  const none = { editor: "none", root: "" };
  expect([null, "{", '{"editor":"javascript"}', "null"].map(readChoice)).toEqual([none, none, none, none]);
  expect(readChoice('{"editor":"zed","root":"/app"}')).toEqual({ editor: "zed", root: "/app" });
});

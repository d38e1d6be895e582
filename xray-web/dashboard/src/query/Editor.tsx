// The editor of a query. It lives in a shadow root, where its styles need no `<style>`: the page's policy allows none.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useLayoutEffect, useRef } from "react";
import { vocabulary } from "../api/queries";
import { editorOf, setText, showProblem } from "./editorView";
import type { BoxProperties } from "./QueryBox";
import styles from "./QueryBox.module.css";

export function Editor(properties: BoxProperties) {
  const { of, label, placeholder, value, draft, onDraft, onApply, problem, focused, focus } = properties;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<ReturnType<typeof editorOf>>(null);
  const applied = useRef(value);
  const queryClient = useQueryClient();
  const known = useEffectEvent(() => queryClient.fetchQuery(vocabulary()).catch(() => undefined));
  const write = useEffectEvent(onDraft);
  const apply = useEffectEvent(onApply);
  const start = useEffectEvent(() => draft);
  const noteFocus = useEffectEvent((has: boolean) => {
    focused.current = has;
  });
  const hadFocus = useEffectEvent(() => focused.current);

  // Before the next key: what is being written goes on here.
  useLayoutEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const view = editorOf(root, start(), {
      of,
      label,
      placeholder,
      vocabulary: () => known(),
      onDraft: (text) => write(text),
      onApply: (text) => apply(text),
      onFocus: (has) => noteFocus(has),
    });
    editor.current = view;
    focus.current = () => view.focus();
    if (hadFocus()) view.focus();
    return () => view.destroy();
  }, [of, label, placeholder, focus]);
  useEffect(() => {
    if (editor.current && value !== applied.current) setText(editor.current, value);
    applied.current = value;
  }, [value]);
  useEffect(() => {
    if (editor.current) showProblem(editor.current, problem);
  }, [problem]);
  return <div ref={host} className={styles.editor} data-query />;
}

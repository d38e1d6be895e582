// What the editor of a query is made of.
import {
  acceptCompletion,
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
  completionStatus,
  selectedCompletionIndex,
  setSelectedCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap, placeholder, WidgetType } from "@codemirror/view";
import type { Vocabulary } from "../api/types";
import { complete, type Option, type RowKind } from "./complete";
import { editorTheme } from "./editorTheme";
import { queryColours, queryLanguage } from "./language";
import type { QueryProblem } from "./problem";

type Settings = {
  of: RowKind;
  label: string;
  placeholder: string;
  vocabulary: () => Promise<Vocabulary | undefined>;
  onDraft: (text: string) => void;
  onApply: (text: string) => void;
  onFocus: (has: boolean) => void;
};

export function editorOf(root: ShadowRoot, text: string, settings: Settings): EditorView {
  const line = inOneLine(text);
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: line,
      // Where somebody goes on who began to write before the editor was there.
      selection: { anchor: line.length },
      extensions: [
        oneLine,
        history(),
        bracketMatching(),
        queryLanguage,
        syntaxHighlighting(queryColours),
        editorTheme,
        problems,
        placeholder(settings.placeholder),
        autocompletion({
          override: [(context) => completions(context, settings)],
          defaultKeymap: false,
          // Nothing is chosen until somebody chooses: Enter asks what is written.
          selectOnOpen: false,
          // So that Tab takes one even right after the list opened, rather than leaving the box.
          interactionDelay: 0,
          icons: false,
        }),
        keymap.of([
          ...completionKeymap.filter(({ key }) => key !== "Enter"),
          { key: "Tab", run: takeCompletion },
          { key: "Enter", run: (view) => acceptCompletion(view) || applied(view, settings) },
          ...historyKeymap,
          ...defaultKeymap.filter(({ key }) => key !== "Enter" && key !== "Tab"),
        ]),
        EditorView.contentAttributes.of({
          "aria-label": settings.label,
          "aria-multiline": "false",
          // It has the focus anyway; this says so to whoever looks for it in the markup.
          tabindex: "0",
          spellcheck: "false",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) settings.onDraft(update.state.doc.toString());
          if (update.focusChanged) settings.onFocus(update.view.hasFocus);
        }),
      ],
    }),
  });
}

function applied(view: EditorView, settings: Settings): true {
  settings.onApply(view.state.doc.toString());
  return true;
}

/** The completion that is chosen, or the first. Where there is none, the key goes on to the next element. */
function takeCompletion(view: EditorView): boolean {
  if (completionStatus(view.state) !== "active") return false;
  if (selectedCompletionIndex(view.state) === null) view.dispatch({ effects: setSelectedCompletion(0) });
  return acceptCompletion(view);
}

async function completions(context: CompletionContext, settings: Settings): Promise<CompletionResult | null> {
  const vocabulary = await settings.vocabulary();
  if (!vocabulary || context.aborted) return null;
  const text = context.state.doc.toString();
  // An empty box says nothing until it is asked, so that Enter and Tab do what they do elsewhere.
  if (text.trim() === "" && !context.explicit) return null;
  const found = complete(text, context.pos, settings.of, vocabulary);
  if (!found) return null;
  const { from, options } = found;
  return { from, options: options.map((option) => completion(option, found.to)) };
}

const completion = (option: Option, to: number) => ({
  label: option.label,
  detail: option.detail,
  type: option.sort,
  apply: (view: EditorView, _completion: unknown, from: number, end: number) => {
    const written = option.write ?? option.label;
    view.dispatch({
      changes: { from, to: Math.max(to, end), insert: written },
      selection: { anchor: from + written.length - (option.back ?? 0) },
      userEvent: "input.complete",
    });
  },
});

const inOneLine = (text: string) => text.replace(/\s*\n\s*/g, " ");

const oneLine = EditorState.transactionFilter.of((transaction) => {
  if (transaction.newDoc.lines === 1) return transaction;
  const text = inOneLine(transaction.newDoc.toString());
  const changes = { from: 0, to: transaction.startState.doc.length, insert: text };
  return { changes, selection: { anchor: text.length } };
});

/** Replaces the text, if it is another. */
export function setText(view: EditorView, text: string): void {
  const line = inOneLine(text);
  const { doc } = view.state;
  if (doc.toString() === line) return;
  view.dispatch({ changes: { from: 0, to: doc.length, insert: line }, selection: { anchor: line.length } });
}

const setProblem = StateEffect.define<QueryProblem | undefined>();

/** Marks the place that is wrong until something is changed. */
export function showProblem(view: EditorView, problem: QueryProblem | undefined): void {
  view.dispatch({ effects: setProblem.of(problem) });
}

const problems = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setProblem)) return marked(effect.value, transaction.newDoc.length);
    }
    return transaction.docChanged ? Decoration.none : shown;
  },
  provide: (field) => [
    EditorView.decorations.from(field),
    EditorView.contentAttributes.from(field, (shown) => ({ "aria-invalid": shown.size > 0 ? "true" : "false" })),
  ],
});

function marked(problem: QueryProblem | undefined, length: number): DecorationSet {
  if (!problem) return Decoration.none;
  const from = Math.min(problem.from, length);
  const to = Math.min(problem.to, length);
  return Decoration.set(from < to ? wrong.range(from, to) : missing.range(from));
}

const wrong = Decoration.mark({ class: "cm-wrong" });

/** Something lacks between two characters, or at the end. */
class Missing extends WidgetType {
  toDOM() {
    const place = document.createElement("span");
    place.className = "cm-missing";
    return place;
  }
}
const missing = Decoration.widget({ widget: new Missing(), side: 1 });

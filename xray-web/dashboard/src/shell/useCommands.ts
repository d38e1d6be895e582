// Where one can go and what one can do from where one is.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { read } from "../api/client";
import { vocabulary } from "../api/queries";
import type { FoundDecision, Page, RunRow } from "../api/types";
import { lowerAscii, quoted } from "../text/cel";
import { moment } from "../text/format";
import { type Command, type CommandGroup, looksLikeId, matching } from "./commands";
import { useShortcuts } from "./shortcuts";
import { useTheme } from "./theme";

export function useCommands(text: string): CommandGroup[] {
  const navigate = useNavigate();
  const { data } = useQuery(vocabulary());
  const settled = useSettled(text.trim());
  const runs = useRunsById(settled);
  const items = useItemsByName(settled);

  const toRun = (run: string) => () => navigate({ to: "/runs/$run", params: { run } });
  const toItem = (item: string): Command => ({
    id: `item ${item}`,
    label: item,
    run: () => navigate({ to: "/items/$item", params: { item } }),
  });
  const fixed: CommandGroup[] = [
    {
      value: "Views",
      items: [
        { id: "runs", label: "Runs", run: () => navigate({ to: "/" }) },
        { id: "steps", label: "Steps", run: () => navigate({ to: "/steps" }) },
        { id: "compare", label: "Compare", run: () => navigate({ to: "/compare" }) },
        { id: "api", label: "API reference", run: () => window.location.assign("/reference") },
      ],
    },
    { value: "Actions", items: useActions() },
    {
      value: "Pipelines",
      items: (data?.recorded.pipelines ?? []).map((pipeline) => ({
        id: `pipeline ${pipeline}`,
        label: pipeline,
        hint: "its runs",
        run: () => navigate({ to: "/", search: { pipeline } }),
      })),
    },
    {
      value: "Steps by function",
      items: (data?.recorded.names ?? []).map((name) => ({
        id: `step ${name}`,
        label: name,
        run: () => navigate({ to: "/steps/$name", params: { name } }),
      })),
    },
  ];
  const found: CommandGroup[] = [
    {
      value: "Runs by id",
      items: runs.map((run) => ({
        id: `run ${run.id}`,
        label: run.id,
        hint: `${run.pipeline}, ${run.status}, ${moment(run.started_at)}`,
        run: toRun(run.id),
      })),
    },
    { value: "Items", items: items.map(toItem) },
  ];
  const literal = text.trim();
  if (literal !== "" && !items.includes(literal)) {
    found.push({ value: "Item of this very name", items: [{ ...toItem(literal), hint: "in every run" }] });
  }
  return [...matching(fixed, text), ...found.filter(({ items }) => items.length > 0)];
}

function useActions(): Command[] {
  const { choose } = useTheme();
  const shortcuts = useShortcuts();
  return [
    ...shortcuts
      .filter(({ key }) => key !== "Ctrl-k")
      .map(({ key, does, press }) => ({ id: `action ${key} ${does}`, label: does, hint: key, run: press })),
    { id: "light", label: "Light colours", run: () => choose("light") },
    { id: "dark", label: "Dark colours", run: () => choose("dark") },
    { id: "system", label: "Colours as the system has them", run: () => choose("system") },
  ];
}

const PAUSE_MS = 150;

/** A text as soon as it stays the same for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function useRunsById(text: string): RunRow[] {
  const id = quoted(text.toLowerCase());
  const { data } = useQuery({
    queryKey: ["palette", "runs", text],
    queryFn: ({ signal }) =>
      read<Page<RunRow>>("/api/v1/runs", { q: `id.endsWith(${id}) || id.startsWith(${id})`, limit: 5 }, signal),
    enabled: looksLikeId(text),
  });
  return data && looksLikeId(text) ? data.data : [];
}

const SEEN = 20;
const NAMES = 6;

/** Items that have the text in their names, of the newest decisions that are found. */
function useItemsByName(text: string): string[] {
  const part = quoted(lowerAscii(text));
  const enabled = text.length > 1;
  const { data } = useQuery({
    queryKey: ["palette", "items", text],
    queryFn: ({ signal }) =>
      read<Page<FoundDecision>>("/api/v1/decisions", { q: `item.lowerAscii().contains(${part})`, limit: SEEN }, signal),
    enabled,
  });
  if (!data || !enabled) return [];
  return [...new Set(data.data.map(({ item }) => item))].slice(0, NAMES);
}

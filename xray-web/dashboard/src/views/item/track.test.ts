import { expect, it } from "vitest";
import type { RunRow, Stage } from "../../api/types";
import { doubts, neighbour, places, type Track, tracksOf } from "./track";

const stage = (changed: Partial<Stage> = {}): Stage => ({
  step: "1",
  name: "suitable",
  kind: "filter",
  outcome: "kept",
  basis: "inferred",
  changed: false,
  ambiguous: false,
  contradicted: false,
  ...changed,
});

const track = (id: string): Track => ({ run: { id } as RunRow, fate: "kept", steps: [], more_steps: 0 });

it("places are said as far as they are known", () => {
  expect(
    [
      stage({ before: 12, after: 0 }),
      stage({ before: 3 }),
      stage({ after: 1 }),
      stage({ before: 7, after: 7 }),
      stage(),
    ].map(places),
  ).toEqual(["12 → 0", "3 → –", "– → 1", "7", undefined]);
});

it("what a model put out and had not been given is invented", () => {
  const words = (it: Stage) => doubts(it).map(({ word }) => word);
  expect(words(stage({ outcome: "introduced", kind: "llm", ambiguous: true }))).toEqual(["ambiguous", "invented"]);
  expect(words(stage({ outcome: "introduced" }))).toEqual([]);
});

it("the run of the address is there before its page is", () => {
  const ids = (tracks: Track[]) => tracks.map(({ run }) => run.id);
  expect(ids(tracksOf([track("a"), track("b")], track("z")))).toEqual(["z", "a", "b"]);
  expect(ids(tracksOf([track("a"), track("b")], track("b")))).toEqual(["a", "b"]);
});

it("the next run is one further, and the last is the last", () => {
  const tracks = [track("a"), track("b")];
  expect([
    neighbour(tracks, "a", 1),
    neighbour(tracks, "b", 1),
    neighbour(tracks, "a", -1),
    neighbour([], "a", 1),
  ]).toEqual(["b", "b", "a", undefined]);
});

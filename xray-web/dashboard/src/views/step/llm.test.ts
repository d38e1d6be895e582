import { expect, it } from "vitest";
import { llmCall } from "./llm";

it("a call is read by the names of OpenTelemetry", () => {
  const call = llmCall({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.input_tokens": 812,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.input.messages": "Is it?",
    "gen_ai.output.messages": [{ role: "assistant", parts: [{ type: "text", content: "yes" }] }],
    "my.own": { a: 1 },
  });
  expect(call).toEqual({
    operation: "chat",
    provider: "openai",
    model: "gpt-4",
    temperature: 0.2,
    finished: ["stop"],
    inputTokens: 812,
    outputTokens: 3,
    prompt: [{ role: "user", text: "Is it?" }],
    completion: [{ role: "assistant", text: "yes" }],
    others: [["my.own", { a: 1 }]],
  });
});

it("messages have many shapes", () => {
  const prompt = (value: unknown) => llmCall({ "gen_ai.input.messages": value }).prompt;
  expect(prompt([{ role: "system", content: "Be brief" }, "Hi"])).toEqual([
    { role: "system", text: "Be brief" },
    { role: "user", text: "Hi" },
  ]);
  expect(prompt({ content: [{ text: "a" }, "b"] })).toEqual([{ role: "user", text: "a\nb" }]);
  expect(prompt({ tool: 1 })[0]?.text).toContain('"tool": 1');
  expect([prompt(7), prompt(null)]).toEqual([[{ role: "user", text: "7" }], []]);
  expect(llmCall("text")).toEqual({ finished: [], prompt: [], completion: [], others: [] });
});
